import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { HIDING, hidingLines, SHADOWED } from "./hidden.ts";

const FOLDER = join(import.meta.dirname, "../../adapters");

/** The adapters whose sinks look for what hides a key. */
function looking(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(FOLDER, entry.name)).includes("shadows.ts"))
    .map(({ name }) => name);
}

it("the table of what can hide a value says Shadowed of the adapters that look for it, and of no other", () => {
  const said = HIDING.filter(({ seen }) => seen.startsWith(SHADOWED)).map(({ adapter }) => adapter);
  expect([...new Set(said)].toSorted()).toEqual(looking().toSorted());
  expect(hidingLines()).toHaveLength(HIDING.length + 1);
});

it("what cannot be seen, or cannot exist, at a vendor stands in its adapter's readme", () => {
  for (const { adapter } of HIDING) {
    expect(readFileSync(join(FOLDER, adapter, "README.md"), "utf8"), adapter).toMatch(/Shadowed/);
  }
});
