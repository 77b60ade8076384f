/** How often may be minted (I6). Pure. */
import type { Cause } from "./backoff.ts";
import type { World } from "./world.ts";

/** A rotation mints at most so often, not counting what was certainly refused (I6). */
const MOST_MINTS_A_ROTATION = 2;
/** A credential mints at most so often in 24 hours (I6). */
const MOST_MINTS_A_DAY = 3;

/** Why this credential may not mint now. */
export function mintRefusal(world: Pick<World, "credential" | "attempts">): Cause | undefined {
  const spent = world.attempts.filter((attempt) => attempt.state !== "burned").length;
  if (spent >= MOST_MINTS_A_ROTATION) {
    return {
      reason: "MintsExhausted",
      message: `${spent} mints of this rotation had no usable outcome, and ${MOST_MINTS_A_ROTATION} is the most.`,
      remedy: "See what the vendor answers; then abort, and request the rotation again.",
      terminal: true,
    };
  }
  const { mintsToday } = world.credential;
  if (mintsToday < MOST_MINTS_A_DAY) return undefined;
  return {
    reason: "MintBudgetExhausted",
    message: `${mintsToday} credentials were minted for it in 24 hours, and ${MOST_MINTS_A_DAY} is the most.`,
    remedy: "Find out what asks for so many; it goes on by itself when the oldest is a day old.",
    terminal: true,
  };
}
