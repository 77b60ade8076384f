/** The outcome as `docs/proof.md`: one row for each layer, from whichever run was the last of it. */
import { format } from "oxfmt";
import { FOUND } from "../layers/found.ts";
import { MUTANTS } from "../mutants/all.ts";
import type { FlowTally } from "../flows.ts";
import { flowTable } from "./flow-table.ts";
import { count, duration, kept, type LayerOutcome, missing, rate } from "./outcome.ts";

/** What stands in the report and is read again by the next run, which may be of other layers. */
export interface Row {
  readonly layer: string;
  readonly about: string;
  readonly bar: string;
  readonly schedules: number;
  readonly violations: number;
  readonly labels: string;
  readonly missing: readonly string[];
  /** Absent: of a report from before flows were counted. */
  readonly flows?: FlowTally;
  readonly seconds: number;
  readonly workers: number;
  readonly seed: number;
  readonly commit: string;
  readonly date: string;
  readonly complete: boolean;
  readonly broke: boolean;
  readonly double: boolean;
}

const DATA = /<!-- rows: (.*?) -->/s;

export function rowOf(outcome: LayerOutcome): Row {
  const { layer, about, bar, schedules, flows, seconds, workers, seed, commit, date, complete } = outcome;
  const never = missing(outcome);
  const known = outcome.labelsKnown.length;
  return {
    layer,
    about,
    bar,
    schedules,
    violations: outcome.violations.length,
    labels: outcome.labelsHit.length === 0 ? "" : `${known - never.length} of ${known}`,
    missing: outcome.labelsHit.length === 0 ? [] : never,
    flows,
    seconds: Math.round(seconds * 10) / 10,
    workers,
    seed,
    commit,
    date: date.slice(0, 10),
    complete,
    double: outcome.double,
    broke: !kept(outcome) && outcome.violations.length === 0,
  };
}

/** The rows of the report as it stands; none where there is no report yet. */
export function rowsIn(text: string): Row[] {
  const data = DATA.exec(text)?.[1];
  return data === undefined ? [] : (JSON.parse(data) as Row[]);
}

/** New rows replace those of the same layer. */
export async function proofReport(before: string, outcomes: readonly LayerOutcome[]): Promise<string> {
  const rows = new Map(rowsIn(before).map((row) => [nameOf(row), row]));
  for (const outcome of outcomes) rows.set(nameOf(outcome), rowOf(outcome));
  const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const { code } = await format("proof.md", page(sorted));
  return code;
}

function page(rows: readonly Row[]): string {
  return `<!-- Written by \`npm run prove -- --report docs/proof.md\`. Do not edit. -->

# What has been proven, and how

Velvet's engine runs unchanged, on a real PostgreSQL, against vendors that lose answers, land late, double, refuse and forget. A
schedule is one telling of a story with its crashes and faults; after each, every promise is judged from the vendor's own truth and
from the ledger. \`test/prove/api.ts\` says what the parts of the proof agree on. A row with "double" was told on a double of the ledger
in memory, which is held to what PostgreSQL does by tests of its own: it adds numbers, and proves nothing that the row without it does not.

| layer | what it does | schedules | promises | labels passed | took | rate | date | commit | seed |
| --- | --- | ---: | --- | --- | ---: | ---: | --- | --- | --- |
${rows.map(line).join("\n")}

${notes(rows)}

${flowTable(rows)}

A label is one kind of call to the outside (\`issuer.mint\`), before and after; those that a layer passed are counted against all that
the engine's source names. Layer H counts mutants: each is the real engine with one rule of its protocol broken on purpose, and it is
a failure of the proof if no schedule notices. Layer G, the search of everything that leaves the controller for values, is part of
the judge in all of the others.

## What it found

Each is told again in every run of the tests (\`test/prove/layers/found.test.ts\`).

| scenario | what was wrong |
| --- | --- |
${FOUND.map(({ name, was }) => `| ${name} | ${was} |`).join("\n")}

## The mutants

| mutant | layer | the rule that is gone |
| --- | --- | --- |
${MUTANTS.map(({ name, layer, breaks }) => `| \`${name}\` | ${layer} | ${breaks.replaceAll("|", "or")} |`).join("\n")}

## Again

<!-- not run: takes from minutes to hours -->

\`\`\`sh
npm run prove -- --help                          # what there is
npm run prove -- --layers A,C,H                  # some layers, all schedules
npm run prove -- --layers D --schedules 1000000 --resume
\`\`\`

<!-- rows: ${JSON.stringify(rows)} -->
`;
}

/** The same layer on PostgreSQL and on a double are two things. */
function nameOf({ layer, double }: Pick<Row, "layer" | "double">): string {
  return double ? `${layer}, double` : layer;
}

function line(row: Row): string {
  const cells = [
    nameOf(row),
    `${row.about} (asked for: ${row.bar})`,
    count(row.schedules),
    verdictOf(row),
    row.labels,
    duration(row.seconds),
    rate(row.schedules, row.seconds),
    row.date,
    row.commit,
    String(row.seed),
  ];
  return `| ${cells.join(" | ")} |`;
}

function verdictOf({ violations, broke, complete, layer, schedules }: Row): string {
  if (broke) return schedules === 0 ? "not proven: nothing was told" : "not proven: it broke down";
  if (layer === "H") return `${schedules - violations} of ${schedules} caught`;
  if (violations > 0) return `${violations} broken`;
  return complete ? "all kept" : "all kept, stopped early";
}

function notes(rows: readonly Row[]): string {
  return rows
    .filter((row) => row.missing.length > 0)
    .map((row) => `Layer ${row.layer} never passed: ${row.missing.map((each) => `\`${each}\``).join(", ")}.`)
    .join("\n\n");
}
