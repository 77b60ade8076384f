import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextFailure, STALLED_AFTER } from "./backoff.ts";
import { durationMs, humanDuration, later } from "./duration.ts";
import { matchesAny } from "./glob.ts";
import type { Failure } from "./world.ts";

const NOW = "2026-01-01T00:00:00.000Z";

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["90d", 7_776_000_000],
    ["2w", 1_209_600_000],
    ["0s", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(["", "5", "m", "-5s", "5 s", "1.5h", "P1D"])("refuses %j", (text) => {
    expect(() => durationMs(text)).toThrow(RangeError);
  });

  it.each([
    [340, "340 ms"],
    [4_230, "4.2 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
    [615_600_000, "7 d 3 h"],
  ])("%d ms reads %s", (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

describe("backoff", () => {
  const cause = { reason: "Away", message: "away" };

  it("doubles from a second to five minutes and tells a person after a while, but never gives up", () => {
    let failure: Failure | undefined;
    const waits: number[] = [];
    for (let tries = 1; tries <= 12; tries += 1) {
      failure = nextFailure(failure, cause, NOW, 0.999_999);
      waits.push(Math.round((Date.parse(failure.nextTryAt ?? "") - Date.parse(NOW)) / 1_000));
      expect(failure.stalled).toBe(tries >= STALLED_AFTER);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it("waits at least as long as the vendor asked", () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (ms, jitter) => {
        const failure = nextFailure(undefined, { ...cause, retryAfterMs: ms }, NOW, jitter);
        expect(Date.parse(failure.nextTryAt ?? "")).toBeGreaterThanOrEqual(Date.parse(later(NOW, ms)));
      }),
    );
  });

  it("keeps since when it fails, as long as it fails in the same way", () => {
    const first = nextFailure(undefined, cause, NOW, 0);
    expect(nextFailure(first, cause, later(NOW, 5_000), 0).since).toBe(NOW);
    expect(nextFailure(first, { ...cause, reason: "Other" }, later(NOW, 5_000), 0).since).toBe(later(NOW, 5_000));
  });
});

describe("globs of allow[]", () => {
  it.each([
    ["orders/*", "orders/.env", true],
    ["orders/*", "orders/deep/.env", false],
    ["orders/**", "orders/deep/.env", true],
    ["orders/*", "ordersx/.env", false],
    ["*", "a/b", false],
    ["!orders", "billing", false],
  ])("%s on %s: %s", (glob, text, expected) => {
    expect(matchesAny([glob], text)).toBe(expected);
  });
});
