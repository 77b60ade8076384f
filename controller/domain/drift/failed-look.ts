/** What it means that a place, or the vendor, could not be looked at. Pure. */
import type { Cause } from "../backoff.ts";
import type { Grade, Seen } from "./kinds.ts";
import { placeName } from "./kinds.ts";

/** So many looks in a row that fail for a passing reason are no passing reason. */
const UNREACHABLE_AFTER = 3;

/** Our own limits: what was not sent says nothing of the place. */
const NOT_SENT: ReadonlySet<string> = new Set(["RateLimited", "AccountBusy", "Overslept", "DriftGivesWay"]);
const MOVED: ReadonlySet<string> = new Set(["RepositoryMoved"]);

export interface FailedLook {
  /** In a row, this one included. */
  readonly failures: number;
  readonly seen: readonly Seen[];
  /** The look was put off, and nothing is known of it. */
  readonly isPutOff: boolean;
}

export function meaningOfFailure(
  place: string,
  grade: Grade,
  { reason, message, terminal }: Cause,
  failuresBefore: number,
): FailedLook {
  if (NOT_SENT.has(reason)) return { failures: failuresBefore, seen: [], isPutOff: true };
  const failures = failuresBefore + 1;
  if (terminal !== true && failures < UNREACHABLE_AFTER) return { failures, seen: [], isPutOff: true };
  const kind = MOVED.has(reason) ? "Renamed" : "Unreachable";
  const said = kind === "Renamed" ? "has another name now" : "cannot be looked at";
  const text = `${placeName(place)} ${said}: ${message}`;
  return {
    failures,
    isPutOff: false,
    seen: [{ place, kind, grade, message: text, digest: reason, details: { reason } }],
  };
}
