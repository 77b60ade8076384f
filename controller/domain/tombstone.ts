/** When a tombstone is looked at, and what a look means. Pure. */
const MINUTE = 60_000;

/** After the mint: a request that was given up can land late, and a vendor's list can be behind. */
export const LOOKS_MS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 24 * 60 * MINUTE] as const;

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
 * is there that nobody can attribute.
 */
export function afterLook(looks: number, found: number, doubtful: boolean): Look {
  const counted = found > 0 ? 0 : 1;
  const next = looks + counted;
  const before = next === 0 ? 0 : (LOOKS_MS[next - 1] ?? 0);
  const nextMs = LOOKS_MS[next] === undefined ? undefined : LOOKS_MS[next] - before;
  const over: Look["state"] = doubtful ? "orphan-suspected" : "clear";
  return {
    state: doubtful ? "orphan-suspected" : nextMs === undefined ? over : "watching",
    counted,
    ...(nextMs === undefined ? {} : { nextMs }),
  };
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
