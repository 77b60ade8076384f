/** One mechanism for everything that a person is asked for: when they are reminded, and how that is told. Pure. */
import { later } from "./duration.ts";
import { earliest } from "./wait.ts";
import type { Instant } from "./world.ts";

/** The waits between reminders: the first, the second, and from there twice as long each time up to the longest. */
export interface Rhythm {
  readonly firstMs: number;
  readonly secondMs: number;
  readonly longestMs: number;
}

/** How often a person was reminded of one thing. Stands in the rotation's facts: a replica that takes over goes on with it. */
export interface Reminders {
  readonly since: Instant;
  readonly reminders: number;
  readonly remindedAt?: Instant;
  readonly remindAt: Instant;
  /** It took too long, and somebody was told who had not been asked. */
  readonly escalatedAt?: Instant;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Where nobody says how long it takes: after an hour, then once a day. */
export const DAILY: Rhythm = { firstMs: HOUR_MS, secondMs: DAY_MS, longestMs: DAY_MS };
/** Whoever was asked has not answered in three days: then it is somebody else's turn to know. */
export const ESCALATED_AFTER_MS = 3 * DAY_MS;

/** Asked, and not reminded yet. */
export function beginning(since: Instant, rhythm: Rhythm): Reminders {
  return { since, reminders: 0, remindAt: later(since, waitMs(rhythm, 0)) };
}

export function reminded<R extends Reminders>(before: R, rhythm: Rhythm, now: Instant): R {
  const reminders = before.reminders + 1;
  return { ...before, reminders, remindedAt: now, remindAt: later(now, waitMs(rhythm, reminders)) };
}

/** Before what would happen without an answer there is this much time left to give one. */
const MARGIN_MS = DAY_MS;

export function dayBefore(at: Instant | undefined): Instant | undefined {
  return at === undefined ? undefined : later(at, -MARGIN_MS);
}

/** After three days, or as long as it usually takes twice; sooner where a limit is near. Never before the first reminder. */
export function escalatesBy(since: Instant, { firstMs }: Rhythm, limits: readonly Instant[]): Instant {
  const soonest = earliest(later(since, Math.max(ESCALATED_AFTER_MS, 2 * firstMs)), ...limits) ?? since;
  const first = later(since, firstMs);
  return soonest > first ? soonest : first;
}

function waitMs({ firstMs, secondMs, longestMs }: Rhythm, reminders: number): number {
  if (reminders === 0) return firstMs;
  return Math.min(Math.max(firstMs, longestMs), secondMs * 2 ** Math.min(reminders - 1, 20));
}

/** `Asked since …, reminded 2 times, last at …; escalated at ….` */
export function remindersText({ since, reminders, remindedAt, escalatedAt }: Reminders): string {
  const often = reminders > 0 ? `, reminded ${times(reminders)}, last at ${remindedAt}` : "";
  const aloud = escalatedAt === undefined ? "" : `; escalated at ${escalatedAt}`;
  return `Asked since ${since}${often}${aloud}.`;
}

/** Nothing to tell before anybody was reminded. */
export function wasReminded({ reminders, escalatedAt }: Reminders): boolean {
  return reminders > 0 || escalatedAt !== undefined;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
