import { later } from "./duration.ts";
import type { Failure, Instant, RotationFacts } from "./world.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;
/** After so many tries in a row a person is told; it is still tried, at the longest interval. */
export const STALLED_AFTER = 8;

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly remedy?: string | undefined;
  /** The vendor asked for this much. */
  readonly retryAfterMs?: number | undefined;
  /** Trying again by itself changes nothing: a person is told at once, and it is tried at the longest interval. */
  readonly terminal?: boolean;
}

/** The failure after one more try. Exponential from 1 s to 5 min; `jitter` in [0, 1) spreads the upper half. */
export function nextFailure(before: Failure | undefined, cause: Cause, now: Instant, jitter: number): Failure {
  const same = before?.reason === cause.reason;
  const tries = (before?.tries ?? 0) + 1;
  const planned = cause.terminal ? LONGEST_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 20));
  const wait = Math.max(cause.retryAfterMs ?? 0, planned / 2 + (planned / 2) * jitter);
  return {
    reason: cause.reason,
    message: cause.message,
    ...(cause.remedy === undefined ? {} : { remedy: cause.remedy }),
    tries,
    since: same && before ? before.since : now,
    nextTryAt: later(now, wait),
    stalled: cause.terminal === true || tries >= STALLED_AFTER,
  };
}

/** The facts of a rotation whose last step succeeded. */
export function recovered(facts: RotationFacts): RotationFacts {
  const { failure: _, ...rest } = facts;
  return rest;
}
