/** When a Credential is looked at again. Pure. */
import { around } from "../duration.ts";

export interface NextLook {
  readonly intervalMs: number;
  /** Something is to be made certain, or a place was written just now. */
  readonly isSoon: boolean;
  /** How long the shortest of what was put off asked to wait; absent: nothing was put off. */
  readonly putOffMs?: number;
  /** In [0, 1). */
  readonly jitter: number;
}

/** How much of the lease a look may take; what is left of it is for its record. */
const TIME = 0.7;

/** In whole milliseconds, as timers want them. */
export function lookMs(leaseMs: number): number {
  return Math.floor(leaseMs * TIME);
}

const SOON_MS = 60_000;
/** What was put off is not asked for again at once: others go first. */
const SHORTEST_PUT_OFF_MS = 15_000;

/** In whole milliseconds. */
export function nextLookMs({ intervalMs, isSoon, putOffMs, jitter }: NextLook): number {
  const usual = around(intervalMs, jitter);
  const soon = isSoon ? SOON_MS * (0.75 + 0.5 * jitter) : Infinity;
  const again = putOffMs === undefined ? Infinity : Math.max(SHORTEST_PUT_OFF_MS, putOffMs) * (1 + jitter);
  return Math.floor(Math.min(usual, soon, again));
}
