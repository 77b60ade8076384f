/** What of each flow every layer told, for the report. */
import { FLOWS, type FlowTally, SEVERAL } from "../flows.ts";
import { count } from "./outcome.ts";

interface Told {
  readonly layer: string;
  readonly double: boolean;
  readonly flows?: FlowTally;
}

const COLUMNS = [...FLOWS, SEVERAL];

const NAMES: Readonly<Record<string, string>> = { "By hand": "by a person's hands", [SEVERAL]: "two or more of them" };

/** Empty where no layer has told of its flows. */
export function flowTable(rows: readonly Told[]): string {
  const told = rows.filter(({ flows = {} }) => Object.keys(flows).length > 0);
  if (told.length === 0) return "";
  return `## Flow by flow

How many tellings of each layer went through each flow, by what their ledgers say; one that went through two counts in both, and in the
last column. ${FLOWS.length} flows: a rotation in earnest (Operational), the end of what leaked (Revocation), a rehearsal (Testing), a
rotation of which a person does a part, and what is found and put right between rotations (Drift).

| layer | ${COLUMNS.map((name) => NAMES[name] ?? name).join(" | ")} |
| --- | ${COLUMNS.map(() => "---:").join(" | ")} |
${told.map(lineOf).join("\n")}`;
}

function lineOf({ layer, double, flows = {} }: Told): string {
  const cells = COLUMNS.map((name) => cellOf(layer, flows[name]));
  return `| ${layer}${double ? ", double" : ""} | ${cells.join(" | ")} |`;
}

/** Layer H counts mutants: one that was not caught is broken. */
function cellOf(layer: string, tally: FlowTally[string] | undefined): string {
  if (!tally || tally.told === 0) return "–";
  const { told, broken } = tally;
  if (layer === "H") return `${told - broken} of ${told} caught`;
  return broken === 0 ? `${count(told)} kept` : `${count(broken)} of ${count(told)} broken`;
}
