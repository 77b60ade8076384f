/** The end of the old credential: gate, overlap, and nothing on its way that could undo a write. Pure. */
import type { Action } from "./action.ts";
import { CUSTODY } from "./consumers.ts";
import { durationMs, later } from "./duration.ts";
import { assist, planAsked } from "./plan-assisted.ts";
import { planGate } from "./plan-gate.ts";
import { secondSlots } from "./slots.ts";
import { earliest, waitForRetry } from "./wait.ts";
import type { Instant, World } from "./world.ts";
import { everybody } from "./world.ts";

export function planRevoke(world: World, now: Instant): Action {
  if (world.rotation.facts.revoked || nothingToRevoke(world)) return waitForRetry(world, now) ?? { do: "finish" };
  return planOwnGate(world) ?? waitForOverlap(world, now) ?? waitForLate(world) ?? planPointOfNoReturn(world, now);
}

/** Where the mint itself ends the old one, that was approved before the mint. */
function planOwnGate(world: World): Action | undefined {
  return world.issuer.mintEndsOld === true ? undefined : planGate(world, "Revoke");
}

/** There never was an old credential, the mint itself ended it, or the vendor called it dead and nobody knows its id. */
function nothingToRevoke(world: World): boolean {
  const { facts, expect } = world.rotation;
  if (expect === "Absent" || world.issuer.mintClass === "roll-in-place") return true;
  const gone = facts.verify?.liveness === "dead" || facts.verify?.liveness === "absent";
  return gone && facts.verify?.previousId === undefined && secondSlots(world).length === 0;
}

/** The overlap is measured from the last receipt: from then on every consumer has had both. */
function waitForOverlap(world: World, now: Instant): Action | undefined {
  const { facts, snapshot } = world.rotation;
  const overlap = durationMs(snapshot.credential.spec.rotation?.overlap ?? "0s");
  const until = later(facts.lastReceiptAt ?? now, overlap);
  return until > now ? { do: "wait", for: "Overlap", until } : undefined;
}

/** A write whose outcome was unknown may still land: the place is written once more when that is over, before anything is revoked. */
function waitForLate(world: World): Action | undefined {
  const open = everybody(world).filter((row) => row.state === "working" || row.id === CUSTODY);
  const until = earliest(...open.map((row) => row.facts.unsureUntil));
  return until === undefined ? undefined : { do: "wait", for: "LateWrites", until };
}

function planPointOfNoReturn(world: World, now: Instant): Action {
  const { facts } = world.rotation;
  const id = facts.verify?.previousId;
  const insist = facts.insist !== undefined;
  // No vendor keeps it: it ends as its acceptors drop it.
  if (world.issuer.authority === "acceptors") {
    if (id === undefined && secondSlots(world).length === 0) return { do: "finish" };
    return waitForRetry(world, now) ?? { do: "revoke", id, insist };
  }
  if (id === undefined || world.issuer.revocation === "manual") return planByHand(world, now, id);
  return waitForRetry(world, now) ?? { do: "revoke", id, insist };
}

function planByHand(world: World, now: Instant, id: string | undefined): Action {
  return planAsked(world, "revoke", now) ?? waitForRetry(world, now) ?? assist({ act: "ask-revoke", id });
}
