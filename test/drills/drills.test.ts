/** Each situation of the runbook, and each way out of it. `npm run show:drills` prints them as a table. */
import { describe, expect, it } from "vitest";
import { DRILLS } from "./drills.ts";

describe.each(DRILLS)("$situation", ({ ways }) => {
  it.each(ways)(
    "$way",
    async ({ run }) => {
      const { shown, ended } = await run();
      expect([shown, ended]).not.toContain("");
    },
    90_000,
  );
});
