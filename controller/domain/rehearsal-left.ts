/** What is left of a rehearsal that ends before everything is taken back. Pure. */
import type { Residual } from "../../adapters/contract.ts";
import { CUSTODY } from "./consumers.ts";
import type { World } from "./world.ts";
import { everybody, liveAttempt } from "./world.ts";

/** Ids that are alive, or may be: who tends retired ids ends them, and tries for ever. */
export function handedOver(world: World): readonly string[] {
  const { ended, gone } = world.rotation.facts.rehearsal ?? {};
  if (gone) return [];
  const id = liveAttempt(world)?.vendorId ?? (world.issuer.authority === "vendor" ? ended?.vendorId : undefined);
  return id === undefined ? [] : [id];
}

/** Also for whoever ends a rehearsal in the middle of its way: a Revocation that comes before it. */
export function rehearsalResidual(world: World): readonly Residual[] {
  const left = everybody(world).filter((row) => row.touched && row.state !== "restored");
  return [
    ...handedOver(world).map(throwawayLeft),
    ...left.map(({ id }) => slotLeft(id === CUSTODY ? "Custody's rehearsal place" : `The test slot of ${id}`)),
  ];
}

function throwawayLeft(id: string): Residual {
  return {
    kind: "ThrowawayLive",
    message: `${id} could not be ended, or not be proved gone.`,
    remedy: "Velvet goes on trying to end it, as a retired id; DestroyRetired tries now.",
  };
}

function slotLeft(place: string): Residual {
  return {
    kind: "TestSlotNotPutBack",
    message: `${place} may still hold the throwaway, in place of what was there before.`,
    remedy: "Put it in order by hand; nothing live reads it.",
  };
}
