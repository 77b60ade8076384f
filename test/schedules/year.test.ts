import { describe, expect, it } from "vitest";
import { simulateYear } from "./year.ts";

describe("a year of schedules", () => {
  // Away for three days, and on ten days from before the windows open until after they have closed.
  const days = Array.from({ length: 10 }, (_, day) => [200 + day + 8 / 24, 200 + day + 17 / 24] as const);
  const year = simulateYear({ credentials: 150, days: 365, failing: 0.05, away: [[100, 103], ...days] });

  it("misses none, although the controller was away for days and over windows, and one rotation of twenty fails", () => {
    expect(year.missed).toBe(0);
    expect(year.requests).toBeGreaterThan(150 * 10);
    expect(year.failed).toBeGreaterThan(20);
  });

  it("asks for none twice, and begins none outside of its window", () => {
    expect(year.repeated).toBe(0);
    expect(year.outside).toBe(0);
  });

  it("begins outside of a window only what its vendor would have ended before the next one", () => {
    // A life of sixteen days and one window a week, which comes in time unless it was missed.
    expect(year.forExpiry).toBeGreaterThan(0);
    expect(year.forExpiry).toBeLessThan(year.requests / 20);
  });

  it("is no stampede when the controller comes back", () => {
    expect(year.busiestMinute).toBeLessThanOrEqual(8);
  });
});
