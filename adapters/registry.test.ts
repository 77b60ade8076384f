import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { adapters } from "./registry.ts";

const HERE = new URL("./", import.meta.url);
/** What the adapters' tests have in common. */
const SHARED = new Set(["conformance", "emulator"]);
const folders = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !SHARED.has(entry.name))
  .map((entry) => entry.name);

describe("the registry", () => {
  it("has exactly the adapters that have a folder", () => {
    expect(Object.keys(adapters).toSorted()).toEqual(folders.toSorted());
  });

  it.each(Object.entries(adapters))("calls %s by the name that it calls itself", (key, adapter) => {
    expect(adapter.name).toBe(key);
  });

  it.each(folders)("has a readme and a schema for %s", (folder) => {
    expect(existsSync(new URL(`${folder}/README.md`, HERE))).toBe(true);
    expect(existsSync(new URL(`${folder}/config.schema.yaml`, HERE))).toBe(true);
  });

  it.each(Object.entries(adapters))("has a block in the schema of %s for each role that takes one", (name, adapter) => {
    const schema: unknown = parse(readFileSync(new URL(`${name}/config.schema.yaml`, HERE), "utf8"));
    const blocks = adapter.roles.filter((role) => role !== "check");
    expect(Object.keys(schema as object)).toEqual(expect.arrayContaining(blocks));
  });
});
