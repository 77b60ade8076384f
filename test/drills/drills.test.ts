import { describe, it } from "vitest";
import { DRILLS } from "./drills.ts";

describe.each(DRILLS)("$situation", ({ ways }) => {
  it.each(ways)("$way", async ({ run }) => {
    await run();
  });
});
