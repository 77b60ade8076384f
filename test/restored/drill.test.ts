/** What a restore makes a ledger forget is looked up outside, adopted, and never done twice; the vendors are asked whether that is so. */
import { describe, expect, it } from "vitest";
import { testServer } from "../support/postgres.ts";
import { drill } from "./drill.ts";
import { STORIES } from "./stories.ts";

const MINUTE = 60_000;

/** Its retries take long; `npm run show:restored` tells it. */
const SHORT = STORIES.filter(({ name }) => name !== "stuck");

function named(...names: readonly string[]) {
  return STORIES.filter(({ name }) => names.includes(name));
}

describe("a ledger that was restored from a backup", () => {
  it(
    "loses nothing, ends nothing that is in use, and rotates every credential again, whatever happened meanwhile",
    { timeout: 3 * MINUTE },
    async () => {
      const { outcomes, outages, unowned, holds } = await drill(testServer(), SHORT, {});
      expect(holds.map(({ reason }) => reason)).toEqual(["LedgerRollback"]);
      expect(outcomes.filter(({ faults }) => faults.length > 0)).toEqual([]);
      expect(outcomes).toHaveLength(SHORT.length);
      expect({ outages, unowned }).toEqual({ outages: [], unowned: [] });
    },
  );

  it.each(["overrun", "brought-back"])(
    "would leave consumers with what the vendor refuses, were it gone on with as it is: %s",
    { timeout: 2 * MINUTE },
    async (name) => {
      const { outages } = await drill(testServer(), named(name), { blind: true });
      expect(outages.length).toBeGreaterThan(0);
    },
  );
});
