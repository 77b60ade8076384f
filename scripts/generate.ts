/**
 * Writes every generated file, or with `--check` says which ones are stale and ends with 1.
 *
 * To add one: a line in `generators`. `produce` is pure but for reading the tree, and gives the same text for the same tree.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { format } from "oxfmt";
import { readAdapterBlocks } from "./generate/adapters.ts";
import { adaptersReference } from "./generate/capabilities.ts";
import { commandsReference } from "./generate/commands.ts";
import { produceSchemaSql } from "../controller/ledger/dump.ts";
import { editorFiles } from "../controller/sources/manifest/editor.ts";
import { KINDS, specSchemaIn, type StructuralSchema } from "../controller/sources/manifest/schema.ts";
import type { Kind } from "../crds/kinds.gen.ts";
import { composeAdapters } from "./generate/compose.ts";
import { configurationReference } from "./generate/configuration.ts";
import { chartCrd } from "./generate/chart.ts";
import { kindsReference } from "./generate/kinds.ts";
import { metricsReference } from "./generate/metrics.ts";
import { policiesModule } from "./generate/policies.ts";
import { reasonsReference } from "./generate/reasons.ts";
import { statesReference } from "./generate/states.ts";
import { typesOf } from "./generate/types.ts";
import { chartReadme } from "./generate/values.ts";

export interface Generator {
  /** Relative to the project's root. */
  readonly path: string;
  readonly produce: () => string | Promise<string>;
}

const ROOT = new URL("../", import.meta.url);
const CRDS = ["vendoraccounts", "credentials", "rotationrequests", "rotationdecisions"].map(
  (name) => `crds/${name}.yaml`,
);

const CHART_README = "charts/velvet/README.md";
const SCHEMA = "charts/velvet/values.schema.json";
const VALUES = "charts/velvet/values.yaml";

export const generators: readonly Generator[] = [
  ...CRDS.map((path) => ({ path, produce: async () => formatted(path, composedCrd(path)) })),
  { path: "crds/kinds.gen.ts", produce: () => typesOf(CRDS.map(composedCrd)) },
  { path: "controller/sources/kubernetes/policies.gen.ts", produce: () => policiesModule(ROOT) },
  ...CRDS.map((path) => ({
    path: `charts/velvet/templates/${path}`,
    produce: async () => chartCrd(await formatted(path, composedCrd(path))),
  })),
  { path: CHART_README, produce: async () => formatted(CHART_README, chartReadme(read(SCHEMA), read(VALUES))) },
  { path: "controller/ledger/schema.sql", produce: produceSchemaSql },
  ...editorFiles(composedSpec).map(({ name, schema }) => {
    const path = `crds/schema/${name}`;
    return { path, produce: async () => formatted(path, JSON.stringify(schema, undefined, 2)) };
  }),
  reference("configuration", configurationReference),
  reference("kinds", () => kindsReference(CRDS.map(composedCrd), adapterNames())),
  reference("adapters", () => adaptersReference(readAdapterBlocks(ROOT))),
  reference("commands", commandsReference),
  reference("metrics", metricsReference),
  reference("reasons", reasonsReference),
  reference("states", statesReference),
];

function reference(name: string, produce: Generator["produce"]): Generator {
  const path = `docs/reference/${name}.md`;
  return { path, produce: async () => formatted(path, await produce()) };
}

/** From the text that is being generated, not from what stands in `crds/` before. */
function composedSpec(kind: Kind): StructuralSchema {
  return specSchemaIn(composedCrd(CRDS[KINDS.indexOf(kind)] ?? ""));
}

function adapterNames(): string[] {
  return readAdapterBlocks(ROOT).map(({ name }) => name);
}

function composedCrd(path: string): string {
  return composeAdapters(read(path), readAdapterBlocks(ROOT));
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** As `npm run format` would leave it, so that the two never disagree. */
async function formatted(path: string, text: string): Promise<string> {
  const { code, errors } = await format(path, text, { printWidth: 120 });
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`);
  return code;
}

/** The generated files whose content on disk is not what would be written now. */
export async function staleFiles(list: readonly Generator[] = generators): Promise<{ path: string; text: string }[]> {
  const made = await Promise.all(list.map(async ({ path, produce }) => ({ path, text: await produce() })));
  return made.filter(({ path, text }) => {
    const file = new URL(path, ROOT);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  });
}

async function main(args: readonly string[]): Promise<number> {
  const stale = await staleFiles();
  if (args.includes("--check")) {
    for (const { path } of stale) console.error(`stale: ${path}`);
    if (stale.length > 0) console.error("Run `npm run generate` and commit the result.");
    return stale.length > 0 ? 1 : 0;
  }
  for (const { path, text } of stale) {
    writeFileSync(new URL(path, ROOT), text);
    console.log(`wrote ${path}`);
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
