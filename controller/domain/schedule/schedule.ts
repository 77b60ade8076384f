/**
 * When the next rotation of a credential is due, and when the scheduler begins it. Pure, and the same at every replica and after every
 * restart: it follows from the ledger alone, so that a controller that was away neither forgets nor repeats one.
 */
import type { CredentialSpec } from "../../../crds/kinds.gen.ts";
import { durationMs, later } from "../duration.ts";
import type { Instant } from "../world.ts";
import { startOf } from "./start.ts";
import { Openings } from "./window.ts";

/** What the ledger knows of one Credential that has to do with its age. */
export interface ScheduleFacts {
  readonly uid: string;
  readonly rotation: CredentialSpec["rotation"];
  /** When the manifest was first seen: for a credential whose age nobody knows. */
  readonly firstSeenAt: Instant;
  readonly issuedAt?: Instant;
  /** When the vendor ends the one in use by itself. */
  readonly expiresAt?: Instant;
  /** Scheduled requests and rotations that ended without a new credential, since the one in use was issued. */
  readonly failures: number;
  readonly lastFailedAt?: Instant;
}

export interface Schedule {
  /** From then on it is older than the manifest allows, or than its vendor's date lets it become. */
  readonly dueAt: Instant;
  /** When the scheduler requests the rotation: inside of the window, spread, and after the wait that failures ask for. */
  readonly startsAt: Instant;
  readonly why: "Age" | "Expiry";
  /** For people: `every 90d`, `it expires at …`. Always the same for one date. */
  readonly because: string;
  /** It begins outside of its window, since this next opening of it comes too late for the vendor's date. */
  readonly opensTooLate?: Instant;
}

/** I6 lets a credential be minted three times a day: whoever asks for more gets no more. */
export const LEAST_EVERY_MS = 8 * 3_600_000;
/** Renewed when two thirds of its life are over, so that a third is left for what may go wrong. */
const LIFE_SPENT = 2 / 3;
const FIRST_BACKOFF_MS = 3_600_000;
const MOST_BACKOFF_MS = 86_400_000;
/** Never sooner than that: what fails at once would be asked for in a loop. */
const LEAST_BACKOFF_MS = 600_000;
/** Of what is left of its life, before the vendor ends it. */
const URGENT_SHARE = 1 / 4;
/** Where the manifest does not say: a hundredth of the interval. */
const DEFAULT_JITTER = 0.01;

/**
 * Undefined: nothing will ever be due by itself. What did not begin when it should have, by `now`, begins in its next window. Without `now`: when
 * it should.
 */
export function scheduleOf(facts: ScheduleFacts, now?: Instant, openings = new Openings()): Schedule | undefined {
  const due = dueOf(facts);
  if (due === undefined) return undefined;
  const { jitterMs, ...rest } = due;
  const retryAt = facts.lastFailedAt && later(facts.lastFailedAt, retryMs(facts, facts.lastFailedAt));
  const base = retryAt !== undefined && retryAt > due.dueAt ? retryAt : due.dueAt;
  return { ...rest, ...startOf(facts, { base, jitterMs, now, openings }) };
}

/** The reason, and that it is not kept to its window where it is not. */
export function becauseOf({ because, opensTooLate }: Pick<Schedule, "because" | "opensTooLate">): string {
  if (opensTooLate === undefined) return because;
  return `${because}; outside of its window, which opens too late for that, at ${opensTooLate}`;
}

/** How long the scheduler waits after so many failures in a row: an hour, doubled each time, a day at most. */
export function backoffMs(failures: number): number {
  return failures <= 0 ? 0 : Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10));
}

/** Where the vendor ends it, there are some tries before that, whatever failed; and after that its consumers have nothing: then it is urgent. */
function retryMs({ failures, expiresAt }: ScheduleFacts, failedAt: Instant): number {
  const patient = backoffMs(failures);
  if (expiresAt === undefined) return patient;
  const left = Date.parse(expiresAt) - Date.parse(failedAt);
  const most = left <= 0 ? FIRST_BACKOFF_MS : Math.max(LEAST_BACKOFF_MS, left * URGENT_SHARE);
  return Math.min(patient, most);
}

/** Whether it must not wait for its turn among others: the vendor ends it before a backlog would be worked off, or has done so. */
export function isUrgent(expiresAt: Instant | undefined, now: Instant, withinMs: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) - Date.parse(now) <= withinMs;
}

type Due = Pick<Schedule, "dueAt" | "why" | "because"> & { readonly jitterMs: number };

function dueOf(facts: ScheduleFacts): Due | undefined {
  const age = dueByAge(facts);
  const expiry = dueByExpiry(facts);
  if (age === undefined || expiry === undefined) return age ?? expiry;
  return expiry.dueAt < age.dueAt ? expiry : age;
}

function dueByAge({ rotation, issuedAt, firstSeenAt }: ScheduleFacts): Due | undefined {
  if (rotation?.every === undefined) return undefined;
  const everyMs = Math.max(LEAST_EVERY_MS, durationMs(rotation.every));
  const jitterMs = rotation.jitter === undefined ? everyMs * DEFAULT_JITTER : durationMs(rotation.jitter);
  const because = `every ${rotation.every}`;
  return { dueAt: later(issuedAt ?? firstSeenAt, everyMs), why: "Age", because, jitterMs };
}

function dueByExpiry({ rotation, issuedAt, firstSeenAt, expiresAt }: ScheduleFacts): Due | undefined {
  if (expiresAt === undefined) return undefined;
  const from = issuedAt ?? firstSeenAt;
  const lifeMs = Math.max(0, Date.parse(expiresAt) - Date.parse(from));
  const dueAt = later(from, lifeMs * LIFE_SPENT);
  const most = rotation?.jitter === undefined ? Number.POSITIVE_INFINITY : durationMs(rotation.jitter);
  // Jitter never takes more than a tenth of what is left.
  const jitterMs = Math.min(most, (lifeMs * (1 - LIFE_SPENT)) / 10);
  return { dueAt, why: "Expiry", because: `it expires at ${expiresAt}`, jitterMs };
}
