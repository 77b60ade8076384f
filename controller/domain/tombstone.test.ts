import { describe, expect, it } from "vitest";
import { afterFailure, afterLook, LOOKS_MS } from "./tombstone.ts";

describe("a tombstone", () => {
  it("is looked at 1 min, 5 min, 30 min and 24 h after the mint, and is clear after a clean last look", () => {
    const looks = LOOKS_MS.map((_, index) => afterLook(index, 0, false));
    const times = looks
      .slice(0, -1)
      .reduce<number[]>((all, { nextMs = 0 }) => [...all, (all.at(-1) ?? 0) + nextMs], [LOOKS_MS[0]]);
    expect(looks.map(({ state }) => state)).toEqual(["watching", "watching", "watching", "clear"]);
    expect(looks.at(-1)).not.toHaveProperty("nextMs");
    expect(times).toEqual([...LOOKS_MS]);
  });

  it("is not clear after a look that found something, the last one neither", () => {
    for (let looks = 0; looks < LOOKS_MS.length; looks += 1) {
      const look = afterLook(looks, 1, false);
      expect(look).toMatchObject({ state: "watching", counted: 0 });
      expect(look.nextMs).toBeGreaterThan(0);
    }
  });

  it("suspects an orphan for ever where something is there that nobody can attribute", () => {
    expect(afterLook(0, 0, true).state).toBe("orphan-suspected");
    expect(afterLook(LOOKS_MS.length - 1, 0, true)).toEqual({ state: "orphan-suspected", counted: 1 });
  });

  it("never stops being tried when the vendor does not answer, and tells a person after a while", () => {
    expect(afterFailure(0)).toEqual({ state: "watching", waitMs: 10_000 });
    expect(afterFailure(4).state).toBe("orphan-suspected");
    expect(afterFailure(1_000)).toEqual({ state: "orphan-suspected", waitMs: 3_600_000 });
  });
});
