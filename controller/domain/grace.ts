/** `native-grace`: the date on which the vendor ends the old value is moved as long as somebody may need it. Pure. */
import type { IssuedKey } from "../../adapters/contract.ts";
import type { Action } from "./action.ts";
import type { Cause } from "./backoff.ts";
import { durationMs, later } from "./duration.ts";
import { waitForRetry } from "./wait.ts";
import type { AttemptRow, Instant, World } from "./world.ts";
import { liveAttempt } from "./world.ts";

export const SHORTEST_GRACE_MS = 24 * 3_600_000;

/** How long the old value is asked to live on, from now. */
export function graceMs(world: Pick<World, "rotation">): number {
  const overlap = durationMs(world.rotation.snapshot.credential.spec.rotation?.overlap ?? "0s");
  return Math.max(SHORTEST_GRACE_MS, 2 * overlap);
}

/**
 * The value in use is an older one already, in its grace: somebody made a newer one that nobody holds. Where the vendor keeps one older
 * value, another mint would end it. Undefined: it may be minted.
 */
export function mintWouldEnd(world: World, keys: readonly IssuedKey[]): Cause | undefined {
  const { mintClass, graceKeeps } = world.issuer;
  const accepted = world.rotation.snapshot.credential.spec.rotation?.acceptsDowntime === true;
  if (mintClass !== "native-grace" || graceKeeps === "all" || accepted) return undefined;
  const used = keys.find((key) => key.id === world.rotation.facts.verify?.previousId);
  if (used?.expiresAt === undefined) return undefined;
  return {
    reason: "GraceWouldEnd",
    message: `The vendor has a newer value than ${used.id}, which nobody holds: another mint would end the one in use.`,
    remedy:
      "Abort, and request it again with acceptsDowntime: true, which interrupts the consumers until they are written.",
    terminal: true,
  };
}

/** When half of the grace is over. */
function moveAt(world: World, attempt: AttemptRow): Instant | undefined {
  if (world.issuer.mintClass !== "native-grace" || attempt.graceUntil === undefined) return undefined;
  if (world.rotation.facts.revoked || world.rotation.facts.verify?.previousId === undefined) return undefined;
  return later(attempt.graceUntil, -graceMs(world) / 2);
}

export function planGrace(world: World, now: Instant): Action | undefined {
  const attempt = liveAttempt(world);
  const at = attempt && moveAt(world, attempt);
  const id = world.rotation.facts.verify?.previousId;
  if (!attempt || !at || id === undefined || at > now || waitForRetry(world, now)) return undefined;
  return { do: "move-grace", attempt, id };
}

/** Nobody waits longer than until the date has to be moved. Undefined where that is due already: then it failed, and waits for its retry. */
export function graceDue(world: World, now: Instant): Instant | undefined {
  const attempt = liveAttempt(world);
  const at = attempt && moveAt(world, attempt);
  return at !== undefined && at > now ? at : undefined;
}
