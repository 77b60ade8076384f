/** What one pass of the scheduler does with the Credentials that it looks at. Pure. */
import { later } from "../duration.ts";
import type { Instant } from "../world.ts";
import { earliest } from "../wait.ts";
import type { Schedule, ScheduleFacts } from "./schedule.ts";
import { isUrgent, scheduleOf } from "./schedule.ts";
import { Openings } from "./window.ts";

export interface Scheduled extends ScheduleFacts {
  readonly namespace: string;
  readonly name: string;
  readonly suspended: boolean;
  readonly environment: string;
  /** The live rotation, or a request that waits. */
  readonly underWay?: string;
}

export interface PassContext {
  readonly now: Instant;
  readonly environment: string;
  /** False: reckon and show, and request nothing. */
  readonly rotationOn: boolean;
  /** How many starts have passed altogether, this batch included. */
  readonly overdue: number;
  /** How many the batches before it in the same pass have begun. */
  readonly begun?: number;
  /** Of several batches: what one has reckoned, the next need not. */
  readonly openings?: Openings;
}

export interface Reckoning<T extends Scheduled> {
  readonly credential: T;
  readonly schedule?: Schedule;
  readonly due: boolean;
  /** Why it does not begin although it could. Empty: nothing keeps it. */
  readonly waitsFor: string;
  /** True: its request is to be written now. */
  readonly begin: boolean;
  readonly nextLookAt: Instant;
}

/** Between two passes of the scheduler. */
export const PASS_MS = 15_000;
/**
 * What has piled up is spread over about an hour, so that a controller that was away is no stampede. What has a window is spread over what is
 * left of that, where it is less: but not over less than ten minutes, and the rest begins in the next one.
 */
const SPREAD_MS = 3_600_000;
const LEAST_SPREAD_MS = 600_000;
/** As long as a backlog takes, and the rotation after it. */
const URGENT_MS = 2 * SPREAD_MS;
const LOOK_AGAIN_MS = 60_000;
/** Nothing is due by itself: a change is noticed without a look. */
const SELDOM_MS = 86_400_000;

export function reckon<T extends Scheduled>(credentials: readonly T[], context: PassContext): Reckoning<T>[] {
  const { now, overdue } = context;
  const { openings = new Openings() } = context;
  let { begun = 0 } = context;
  const byStart = credentials
    .map((credential) => ({ credential, schedule: scheduleOf(credential, now, openings) }))
    .toSorted((a, b) => compare(a.schedule?.startsAt, b.schedule?.startsAt));
  return byStart.map(({ credential, schedule }) => {
    const one = reckonOne(credential, schedule, context);
    if (!one.begin) return one;
    begun++;
    // What its vendor ends meanwhile is no part of a backlog that can wait.
    return begun <= mostNow(overdue, spreadMs(credential, now, openings)) ||
      isUrgent(credential.expiresAt, now, URGENT_MS)
      ? one
      : { ...one, begin: false, nextLookAt: later(now, PASS_MS) };
  });
}

/** The share of a backlog that one pass requests: one at least. */
export function mostNow(overdue: number, overMs: number = SPREAD_MS): number {
  return Math.max(1, Math.ceil((overdue * PASS_MS) / overMs));
}

/** Whoever begins is in its window, unless the window comes too late: then it is urgent, or nearly so. */
function spreadMs(credential: Scheduled, now: Instant, openings: Openings): number {
  const { window, timeZone } = credential.rotation ?? {};
  if (window === undefined) return SPREAD_MS;
  const leftMs = Date.parse(openings.at(window, timeZone ?? "UTC", now).to) - Date.parse(now);
  return Math.min(SPREAD_MS, Math.max(LEAST_SPREAD_MS, leftMs));
}

function reckonOne<T extends Scheduled>(
  credential: T,
  schedule: Schedule | undefined,
  context: PassContext,
): Reckoning<T> {
  const { now } = context;
  if (schedule === undefined) {
    return { credential, due: false, waitsFor: "", begin: false, nextLookAt: later(now, SELDOM_MS) };
  }
  const due = schedule.dueAt <= now;
  // As planned, or in the next window where it was not begun in that.
  const ripe = schedule.startsAt <= now;
  const waitsFor = keptBy(credential, context);
  const begin = ripe && waitsFor === "";
  const ahead = earliest(...[schedule.dueAt, schedule.startsAt].filter((at) => at > now));
  const soon = ripe || credential.underWay !== undefined ? later(now, LOOK_AGAIN_MS) : undefined;
  return { credential, schedule, due, waitsFor, begin, nextLookAt: earliest(ahead, soon) ?? later(now, SELDOM_MS) };
}

function keptBy(credential: Scheduled, context: PassContext): string {
  if (credential.underWay !== undefined) return `${credential.underWay} is under way`;
  if (credential.suspended) return "the credential is suspended";
  if (credential.environment !== context.environment) return "it belongs to another environment";
  return context.rotationOn ? "" : "VELVET_ROTATION=off";
}

function compare(a: Instant | undefined, b: Instant | undefined): number {
  return (a ?? "~") < (b ?? "~") ? -1 : 1;
}
