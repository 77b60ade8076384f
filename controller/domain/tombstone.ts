/** When a tombstone is looked at, and what a look means. Pure. */
const MINUTE = 60_000;

/** After the mint: a request that was given up can land late, and a vendor's list can be behind. */
export const LOOKS_MS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 24 * 60 * MINUTE] as const;

/** Half of the shortest grace: a date that has to be moved is moved in time. */
const ENDLESS_MS = 12 * 60 * MINUTE;
const RETRY_FIRST_MS = 10_000;
const RETRY_LONGEST_MS = 3_600_000;
/** After so many failures in a row a person is told; it is still tried. */
const SUSPECT_AFTER = 5;

export interface Look {
  readonly state: "watching" | "clear" | "orphan-suspected";
  /** Milliseconds until the next look; undefined: that was the last one. */
  readonly nextMs?: number;
  /** This look counts: 1, or 0 where it has to be made again. */
  readonly counted: 0 | 1;
}

/**
 * What a look that was made means. One that found something is made again: only a clean last look ends the watch. `doubtful`: something
 * is there that nobody can attribute; `endless`: it is looked at until it is gone.
 */
export function afterLook(looks: number, found: number, doubtful: boolean, endless = false): Look {
  if (doubtful && endless) return { state: "orphan-suspected", counted: 0, nextMs: ENDLESS_MS };
  const counted = found > 0 ? 0 : 1;
  const nextMs = untilNext(looks + counted);
  if (nextMs === undefined) return { state: doubtful ? "orphan-suspected" : "clear", counted };
  return { state: doubtful ? "orphan-suspected" : "watching", counted, nextMs };
}

/** From the look before; undefined after the last one. */
function untilNext(looks: number): number | undefined {
  const at = LOOKS_MS[looks];
  return at === undefined ? undefined : at - (LOOKS_MS[looks - 1] ?? 0);
}

/** What a look that failed means: it never stops, and a person is told after a while. */
export function afterFailure(tries: number): {
  readonly state: "watching" | "orphan-suspected";
  readonly waitMs: number;
} {
  return {
    state: tries + 1 >= SUSPECT_AFTER ? "orphan-suspected" : "watching",
    waitMs: Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(tries, 20)),
  };
}
