import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REASON_GROUPS, REASONS } from "../controller/domain/reasons.ts";

const ROOT = join(import.meta.dirname, "..");
const NOT_THE_PRODUCT =
  /\.test\.ts$|\.fixture\.ts$|\/fake\.ts$|\/emulator|\/conformance\/|domain\/reasons|controller\/audit\/|ledger\/schema\.sql/;

const sources = globSync("{adapters,controller}/**/*.{ts,sql}", { cwd: ROOT })
  .filter((path) => !NOT_THE_PRODUCT.test(path))
  .sort()
  .map((path) => ({ path, text: withoutComments(readFileSync(join(ROOT, path), "utf8")) }));

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*(\/\/|--|\*).*$/gm, "");
}

const WORD = /"([A-Z][a-z]+(?:[A-Z][A-Za-z0-9]*)?)"/g;
/** In SQL: then 'X', default 'X'. */
const SQL_WORD = /\b(?:then|else|default|reason =) '([A-Z][a-z]+(?:[A-Z][a-z]+)*)'/g;
/** Where a name that stands in quotes is a reason. */
const PLACES: readonly RegExp[] = [
  // reason: "X", code: a ? "X" : "Y", readonly reason = "X", for: "X", const X = "X"
  /\b(?:reason|code|for|const [A-Z_]+)(?:\??: (?!string)|\s=\s)[^;{}]*?(?=[,;}\n])/g,
  // refuse("X", …), new LedgerError("X", …), this.#problem("X", …): any call whose first word is of more than one hump
  /\(\s*"[A-Z][a-z]+[A-Z][A-Za-z]*",/g,
  // later("Suspended", …) and the like, by name: one hump
  /\b(?:refuse|later|stop|cause|residual|notReady)\(\s*"[A-Z][a-z]+",/g,
  // verdict("dead", "X", …), problemAt(document, "X", …), wrong(path, "X", …)
  /\(\s*(?:"[a-z-]+"|[\w.]+),\s*"[A-Z][a-z]+[A-Z][A-Za-z0-9]*"/g,
  // … ? "X" : "Y", but for the events of the audit
  /(?<!\bevent(?::| =) [^\n]*)\?\s+"[A-Z][a-z]+[A-Z][A-Za-z]*"\s*:\s*"[A-Z][A-Za-z]*"/g,
  // residual[] of an adapter
  /\{\s*kind: "[A-Z][A-Za-z]+",\s*message:/g,
];

/** Kinds and the actions of decisions stand where reasons do, and are none. */
const TYPES = readFileSync(join(ROOT, "crds/kinds.gen.ts"), "utf8");
const OTHER_WORDS = new Set(
  [...TYPES.matchAll(/export type (?:Kind|DecisionAction) =([^;]+);/g)]
    .flatMap(([, union = ""]) => [...union.matchAll(WORD)])
    .map(([, name = ""]) => name),
);

function shownIn({ path, text }: { path: string; text: string }): string[] {
  if (path.endsWith(".sql")) return [...text.matchAll(SQL_WORD)].flatMap(([, name]) => name ?? []);
  const places = PLACES.flatMap((pattern) => [...text.matchAll(pattern)].map(([found]) => found));
  return places.flatMap((place) => [...place.matchAll(WORD)].flatMap(([, name]) => name ?? []));
}

const NOT_A_REASON = new Set(["True", "False", "Unknown", "Mint", "Revoke", "Stalled", "Reconciling", "Ready"]);

/** Every word of the stage conditions but statuses, gates and the types that are never a reason too. */
function ofConditions(): string[] {
  const { text = "" } = sources.find(({ path }) => path.endsWith("domain/conditions.ts")) ?? {};
  return [...text.matchAll(WORD)].flatMap(([, name = ""]) => (NOT_A_REASON.has(name) ? [] : [name]));
}

/** Every kind of drift is the reason of a condition. */
function kinds(): string[] {
  const { text = "" } = sources.find(({ path }) => path.endsWith("domain/drift/kinds.ts")) ?? {};
  const lists = [...text.matchAll(/_KINDS = \[([^\]]*)\]/g)].map(([, list = ""]) => list);
  return lists.flatMap((list) => [...list.matchAll(WORD)].map(([, name = ""]) => name));
}

function states(): string[] {
  const { text = "" } = sources.find(({ path }) => path.endsWith("domain/world.ts")) ?? {};
  const union = /export type State =([^;]+);/.exec(text)?.[1] ?? "";
  return [...union.matchAll(/"(\w+)"/g)].flatMap(([, state = ""]) => camelCase(state));
}

function camelCase(state: string): string {
  return state.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Made of a gate's name, in `plan.ts`. */
const COMPOSED = ["MintApproval", "RevokeApproval"];

describe("the catalogue of reasons", () => {
  it("has every reason that the sources show", () => {
    const shown = sources.flatMap((source) => shownIn(source).map((name) => ({ name, path: source.path })));
    const rest = [...ofConditions(), ...states(), ...kinds()].map((name) => ({
      name,
      path: "controller/domain/conditions.ts",
    }));
    const missing = [...shown, ...rest].filter(({ name }) => !Object.hasOwn(REASONS, name) && !OTHER_WORDS.has(name));
    expect(missing.map(({ name, path }) => `${name} (${path})`)).toEqual([]);
  });

  it("has none that nothing shows", () => {
    const shown = new Set([...sources.flatMap(shownIn), ...ofConditions(), ...states(), ...kinds(), ...COMPOSED]);
    expect(Object.keys(REASONS).filter((name) => !shown.has(name))).toEqual([]);
  });

  it("has each reason once", () => {
    const names = REASON_GROUPS.flatMap(({ reasons }) => Object.keys(reasons));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(Object.entries(REASONS))("says of %s what happened, what is still fine and what to do", (_, reason) => {
    for (const text of [reason.meaning, reason.fine, reason.remedy]) expect(text).toMatch(/^\S.*\.$/);
    expect(reason.meaning.length).toBeLessThan(200);
    expect(reason.where.length).toBeGreaterThan(0);
    for (const command of reason.commands ?? []) expect(command).toMatch(/^velvet [a-z-]+( |$)/);
  });
});
