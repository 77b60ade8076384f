import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BUSY, WAITING } from "./order.ts";

const ROOT = join(import.meta.dirname, "../..");

it("names files that are there, each once", () => {
  const named = [...BUSY, ...WAITING];
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(new Set(named).size).toBe(named.length);
});
