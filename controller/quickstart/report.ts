/** What the quickstart says at its end. Pure. */
import { type Colours, printable, tableLines } from "../cli/output.ts";
import { humanDuration } from "../domain/duration.ts";
import type { RotationStatus } from "../domain/status.ts";
import type { ProbeReport } from "./prober.ts";
import type { Proof } from "./proofs.ts";
import type { Places } from "./world.ts";

export interface Report {
  readonly status: RotationStatus;
  readonly probes: ProbeReport;
  readonly proofs: readonly Proof[];
  readonly elapsedMs: number;
}

/** True when nothing failed and everything that is claimed was seen. */
export function isProven({ probes, proofs }: Report): boolean {
  return probes.made > 0 && probes.failed === 0 && proofs.every(({ holds }) => holds);
}

export function reportLines(report: Report, colours: Colours): string[] {
  return [
    "",
    colours.bold("Stages"),
    ...stageLines(report.status),
    "",
    colours.bold("Requests to the app, made without pause all the while"),
    ...requestLines(report.probes, colours),
    "",
    colours.bold("Proven by trying"),
    ...report.proofs.map(({ claim, holds, seen }) => {
      const mark = holds ? colours.green("✔") : colours.red("✘");
      return `  ${mark} ${claim} ${colours.dim(`(${printable(seen)})`)}`;
    }),
    "",
    isProven(report)
      ? colours.green(`Rotated, proven, and nobody noticed: ${humanDuration(report.elapsedMs)} in all.`)
      : colours.red("Not everything was proven: see the lines marked ✘, and the requests that failed."),
  ];
}

function stageLines({ durations }: RotationStatus): string[] {
  const rows = durations.filter(({ ms, stage }) => ms > 0 || stage !== "Done");
  return tableLines(
    ["", ""],
    rows.map(({ stage, ms }) => [`  ${stage}`, humanDuration(ms)]),
  ).slice(1);
}

function requestLines({ made, failed, failures, latencyMs }: ProbeReport, colours: Colours): string[] {
  const { p50, p99, max } = latencyMs;
  const count = failed === 0 ? colours.green("0 failed") : colours.red(`${failed} failed`);
  return [
    `  ${made} made, ${count}`,
    `  latency: median ${p50} ms, 99th percentile ${p99} ms, longest ${max} ms`,
    ...failures.map(({ at, what }) => colours.red(`  ${at}  ${what}`)),
  ];
}

/** In a checkout nothing is installed under the name `velvet`. */
const COMMAND = import.meta.url.endsWith(".ts") ? "npm run -s velvet --" : "npx velvet";
const AGAIN = import.meta.url.endsWith(".ts") ? "npm run quickstart -- --keep" : "npx velvet quickstart --keep";

/** Where everything is, and commands that work: `running` with the controller still there, else on what it left. */
export function nextLines(places: Places, bare: string, running: boolean, colours: Colours): string[] {
  const velvet = `VELVET_DATA_DIR=${places.velvet} ${COMMAND}`;
  return [
    "",
    colours.bold("Where it is"),
    ...tableLines(
      ["", ""],
      [
        ["  the team's repository", bare],
        ["  the platform's accounts", places.platform],
        ["  the app's dotenv file", places.dotenv],
        ["  custody", places.custody],
        ["  the controller's log", places.controllerLog],
        ["  the ledger", places.velvet],
      ],
    ).slice(1),
    "",
    colours.bold("What to try next"),
    `  ${velvet} status --all`,
    `  git --git-dir ${bare} log --graph --stat main`,
    ...(running
      ? [
          `  ${velvet} request orders-db --reason "once more" --requested-by "$USER"`,
          "    then merge what it prints to main of the team's repository, below teams/orders/requests/",
          "",
          "Everything is still running. Ctrl-C stops it and removes the folder.",
        ]
      : [`  ${AGAIN}    (leaves everything running, to rotate once more)`, `  rm -rf ${places.folder}`]),
  ];
}
