/** From what was known to what is known: what is new, what stays, what is gone. Pure. */
import type { Instant } from "../world.ts";
import type { Finding, Kind, Seen } from "./kinds.ts";

export interface Looked {
  readonly now: Instant;
  readonly seen: readonly Seen[];
  /** Whether this look could have seen it. What it could not see stays as it was. */
  readonly couldSee: (place: string, kind: Kind) => boolean;
}

export interface Folded {
  /** All that differs after this look. */
  readonly findings: readonly Finding[];
  /** Seen now, new or as before. */
  readonly present: readonly Finding[];
  readonly opened: readonly Finding[];
  readonly gone: readonly Finding[];
}

/** A list that lags is looked at again after this long at the earliest. */
export const CERTAIN_AFTER_MS = 30_000;

export function fold(known: readonly Finding[], { now, seen, couldSee }: Looked): Folded {
  const before = new Map(known.map((finding) => [keyOf(finding), finding]));
  const present = seen.map((each) => presentFinding(before.get(keyOf(each)), each, now));
  const still = new Set(seen.map(keyOf));
  const unseen = known.filter((finding) => !still.has(keyOf(finding)));
  const gone = unseen.filter(({ place, kind }) => couldSee(place, kind));
  const kept = unseen.filter((finding) => !gone.includes(finding));
  const opened = present.filter((finding) => isNews(before.get(keyOf(finding)), finding));
  return { findings: [...kept, ...present], present, opened, gone };
}

function keyOf({ place, kind }: { readonly place: string; readonly kind: Kind }): string {
  return `${place}\n${kind}`;
}

function presentFinding(before: Finding | undefined, { doubtful, ...seen }: Seen, now: Instant): Finding {
  if (!before) return { ...seen, state: doubtful === true ? "suspected" : "open", since: now, lastSeenAt: now };
  const { acceptedBy, wantedBy, since, digest } = before;
  const isCertain = before.state === "open" || doubtful !== true || isOld(before, now);
  return {
    ...seen,
    state: isCertain ? "open" : "suspected",
    since,
    lastSeenAt: now,
    ...(acceptedBy === undefined || digest !== seen.digest ? {} : { acceptedBy }),
    ...(wantedBy === undefined ? {} : { wantedBy }),
  };
}

function isOld(before: Finding, now: Instant): boolean {
  return Date.parse(now) - Date.parse(before.since) >= CERTAIN_AFTER_MS;
}

/** People are told when it becomes certain, and again when something else is seen than what they know of. */
function isNews(before: Finding | undefined, { state, digest }: Finding): boolean {
  return state === "open" && (before?.state !== "open" || before.digest !== digest);
}
