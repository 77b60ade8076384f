/**
 * Loaded before everything else (`--import`): files of the mutant in `VELVET_MUTANT` are read with its edits in them, modules and SQL
 * alike, so that what is tested has no door for tests.
 */
import fs from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import { fileURLToPath } from "node:url";
import { applied, type Edit } from "./edit.ts";

export const MUTANT_VARIABLE = "VELVET_MUTANT";
export const HOOK = import.meta.url;

const ROOT = new URL("../../../", import.meta.url);

function editsByPath(): Map<string, Edit[]> {
  const edits = JSON.parse(process.env[MUTANT_VARIABLE] ?? "[]") as Edit[];
  return Map.groupBy(edits, ({ file }) => fileURLToPath(new URL(file, ROOT)));
}

function install(edits: ReadonlyMap<string, Edit[]>): void {
  const changed = (path: string, text: string): string => (edits.get(path) ?? []).reduce(applied, text);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.startsWith("file:") || !edits.has(fileURLToPath(url)) || loaded.source === undefined) return loaded;
      return { ...loaded, source: changed(fileURLToPath(url), textOf(loaded.source)) };
    },
  });
  const read = fs.readFileSync;
  const readChanged = (path: unknown, ...rest: unknown[]): unknown => {
    const found = Reflect.apply(read, fs, [path, ...rest]) as Buffer | string;
    const name = path instanceof URL ? fileURLToPath(path) : String(path);
    if (!name.endsWith(".sql") || !edits.has(name)) return found;
    const text = changed(name, found.toString());
    return typeof found === "string" ? text : Buffer.from(text);
  };
  Object.assign(fs, { readFileSync: readChanged });
  // What was imported by name before is the changed one too.
  syncBuiltinESMExports();
}

function textOf(source: LoadHookSource): string {
  return typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString("utf8");
}

type LoadHookSource = string | ArrayBuffer | NodeJS.TypedArray;

if (process.env[MUTANT_VARIABLE] !== undefined) install(editsByPath());
