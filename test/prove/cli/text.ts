/** The outcome as a person reads it at a terminal. */
import { tableLines } from "../../../controller/cli/output.ts";
import type { Found } from "./messages.ts";
import { count, duration, kept, type LayerOutcome, missing, rate, replayCommand } from "./outcome.ts";

/** Of many that broke the first few say what is wrong; all of them are in `-o json`. */
const MOST_SHOWN = 3;
/** Of a long history how it began and how it ended. */
const FIRST_LINES = 60;
const LAST_LINES = 60;

export function summaryLines(outcomes: readonly LayerOutcome[]): string[] {
  const rows = outcomes.map((outcome) => [
    outcome.layer,
    count(outcome.schedules),
    verdictOf(outcome),
    outcome.labelsHit.length === 0
      ? "-"
      : `${outcome.labelsKnown.length - missing(outcome).length}/${outcome.labelsKnown.length}`,
    duration(outcome.seconds),
    rate(outcome.schedules, outcome.seconds),
    String(outcome.seed),
    outcome.double ? `${outcome.about} (on a double of the ledger)` : outcome.about,
  ]);
  return tableLines(["LAYER", "SCHEDULES", "PROMISES", "LABELS", "TOOK", "RATE", "SEED", ""], rows);
}

function verdictOf(outcome: LayerOutcome): string {
  if (outcome.broke.length > 0) return "NOT PROVEN";
  if (outcome.violations.length > 0) return `${outcome.violations.length} BROKEN`;
  if (outcome.schedules === 0) return "NOTHING TOLD";
  return outcome.complete ? "all kept" : "kept so far";
}

export function missingLines(outcomes: readonly LayerOutcome[]): string[] {
  const hit = new Set(outcomes.flatMap((outcome) => outcome.labelsHit));
  const known = outcomes.flatMap((outcome) => outcome.labelsKnown);
  const never = [...new Set(known)].filter((label) => !hit.has(label));
  return hit.size === 0 || never.length === 0 ? [] : [`Never passed: ${never.join(", ")}`];
}

export function violationLines(outcome: LayerOutcome): string[] {
  const shown = outcome.violations.slice(0, MOST_SHOWN).flatMap((found) => foundLines(outcome, found));
  const more = outcome.violations.length - MOST_SHOWN;
  return [
    ...shown,
    ...(more > 0 ? [`… and ${more} more of layer ${outcome.layer}: all of them with -o json.`, ""] : []),
    ...outcome.broke.flatMap((text) => [
      `Layer ${outcome.layer} broke down, so nothing of it is proven:`,
      ...indented(text),
      "",
    ]),
  ];
}

function foundLines(outcome: LayerOutcome, { schedule, violations, story }: Found): string[] {
  return [
    `Layer ${outcome.layer}, seed ${outcome.seed}: ${schedule}`,
    ...violations.flatMap(({ invariant, message }) => {
      const [first = "", ...rest] = message.split("\n");
      return [`  ${invariant}  ${first}`, ...rest.map((line) => `      ${line}`)];
    }),
    ...(story === undefined ? [] : ["  What happened:", ...indented(story)]),
    `  Again: ${replayCommand(outcome, schedule)}`,
    "",
  ];
}

function indented(text: string): string[] {
  const lines = text.split("\n");
  const left = lines.length - FIRST_LINES - LAST_LINES;
  const cut = left > 0 ? [...lines.slice(0, FIRST_LINES), `… ${left} more lines`, ...lines.slice(-LAST_LINES)] : lines;
  return cut.map((line) => `    ${line}`);
}

export function endLine(outcomes: readonly LayerOutcome[], stopped: string | undefined): string {
  const schedules = count(outcomes.reduce((sum, each) => sum + each.schedules, 0));
  const early = stopped === undefined ? "" : ` Stopped early: ${stopped}.`;
  if (!outcomes.every(kept)) return `Not proven.${early}`;
  return `Every promise was kept in ${schedules} schedules.${early}`;
}
