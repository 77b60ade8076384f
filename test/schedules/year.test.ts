import { describe, expect, it } from "vitest";
import { simulateYear } from "./year.ts";

describe("a year of schedules", () => {
  const year = simulateYear({ credentials: 150, days: 365, failing: 0.05, away: [[100, 103]] });

  it("misses none, although the controller was away for three days and one rotation of twenty fails", () => {
    expect(year.missed).toBe(0);
    expect(year.requests).toBeGreaterThan(150 * 10);
    expect(year.failed).toBeGreaterThan(20);
  });

  it("asks for none twice, and begins none outside of its window", () => {
    expect(year.repeated).toBe(0);
    expect(year.outside).toBe(0);
  });

  it("is no stampede when the controller comes back", () => {
    expect(year.busiestMinute).toBeLessThanOrEqual(8);
  });
});
