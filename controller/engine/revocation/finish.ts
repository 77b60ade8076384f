/** How a Revocation ends, and what is left to be said. */
import type { Residual } from "../../../adapters/contract.ts";
import { recovered } from "../../domain/backoff.ts";
import { revocationOf } from "../../domain/revocation.ts";
import type { World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";

/** Everything on the list has ended, and every consumer is known to lock it out, or a person has answered for it. */
export async function finishRevocation(pass: Pass, world: World): Promise<void> {
  const residual = [...unreachable(world), ...spared(world)];
  const left = [...residual, ...skipped(world)];
  // Who left them out, and why, stands in the decision's own row.
  const without = world.consumers.filter(({ state }) => state === "skipped").map(({ id }) => id);
  await pass.journal.write((live) => ({
    audit: { event: "Done", flow: "Revocation", residual, skipped: without },
    state: "rev_done",
    facts: { ...recovered(live.facts), residual: [...(live.facts.residual ?? []), ...left] },
    ended: true,
  }));
}

/** Nothing was ended. */
export async function abandonRevocation(pass: Pass, world: World): Promise<void> {
  const residual: Residual[] = [
    {
      kind: "NothingRevoked",
      message: "The Revocation was given up before anything was ended: every credential lives on.",
      remedy: "Request another one where it is needed after all.",
    },
    ...orphaned(world),
  ];
  await pass.journal.write((live) => ({
    audit: { event: world.rotation.facts.abort ? "Aborted" : "Expired", residual },
    state: "aborted",
    facts: { ...recovered(live.facts), residual: [...(live.facts.residual ?? []), ...residual] },
    ended: true,
  }));
}

function unreachable(world: World): Residual[] {
  return (revocationOf(world.rotation).unreachable ?? []).map(({ id, message }) => ({
    kind: "NotLockedOut",
    message: `${id} could not be asked whether it lets the old value in: ${message}`,
    remedy: "See for yourself that it does not.",
  }));
}

function skipped({ consumers }: World): Residual[] {
  return consumers.flatMap(({ id, state, facts }) => {
    if (state !== "skipped") return [];
    const { name = "a person", ticket = "no ticket" } = facts.skipped ?? {};
    return [
      {
        kind: "NotLockedOut",
        message: `${id} was left out by ${name} (${ticket}): it may still let the old value in.`,
        remedy: "See for yourself that it does not.",
      },
    ];
  });
}

function spared(world: World): Residual[] {
  const { preempted } = revocationOf(world.rotation);
  return preempted?.spared === true ? orphaned(world) : [];
}

/** What the pre-empted rotation had minted lives, and consumers may hold it. */
function orphaned(world: World): Residual[] {
  const { preempted } = revocationOf(world.rotation);
  if (preempted?.minted === undefined) return [];
  return [
    {
      kind: "NewCredentialLive",
      message: `${preempted.minted} is still live: ${preempted.name} had minted it, and consumers may hold it.`,
      remedy: "Request a rotation; then destroy it when nobody holds it any more.",
    },
  ];
}
