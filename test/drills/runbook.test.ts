/** The runbook and the drills are the same: each has what the other has. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { DRILLS } from "./drills.ts";

const RUNBOOK = fileURLToPath(new URL("../../docs/how-to/get-out-of-trouble.md", import.meta.url));
// The last one is about other reasons.
const [, ...parts] = readFileSync(RUNBOOK, "utf8").split(/^## /m);
const SECTIONS = new Map(
  parts.slice(0, -1).map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n"))]),
);

describe("the runbook", () => {
  it("has a section for each drill, and a drill for each section", () => {
    const situations = DRILLS.map(({ situation }) => situation);
    expect([...SECTIONS.keys()].toSorted()).toEqual(situations.toSorted());
    expect(new Set(situations).size).toBe(situations.length);
  });

  it.each(DRILLS)(
    "has for $situation what is seen, what is still fine, and the commands that its drill runs",
    (drill) => {
      const text = SECTIONS.get(drill.situation) ?? "";
      for (const label of ["You see", "Still fine", "To do"])
        expect(text).toMatch(new RegExp(`^\\*\\*${label}:\\*\\* \\S`, "m"));
      const commands = /```text\n([^`]*)```/.exec(text)?.[1]?.trimEnd().split("\n") ?? [];
      expect(commands.toSorted()).toEqual([...new Set(drill.ways.flatMap((way) => way.commands))].toSorted());
    },
  );
});
