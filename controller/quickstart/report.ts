/** What the quickstart says at its end. Pure. */
import { type Colours, printable, tableLines } from "../cli/output.ts";
import { humanDuration } from "../domain/duration.ts";
import type { RotationStatus } from "../domain/status.ts";
import type { ProbeReport } from "./prober.ts";
import type { Proof } from "./proofs.ts";
import type { TenantRepository } from "./tenant-repository.ts";
import { CREDENTIAL, NAMESPACE, type Places } from "./world.ts";

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
const COMMAND = import.meta.url.endsWith(".ts") ? "./velvet" : "npx velvet";
const AGAIN = import.meta.url.endsWith(".ts") ? "npm run quickstart -- --keep" : "npx velvet quickstart --keep";

/** Where everything is, and commands that work: with `running` on the controller that is still there, else on what it left. */
export function nextLines(places: Places, tenant: TenantRepository, running: boolean, colours: Colours): string[] {
  return [
    "",
    colours.bold("Where it is"),
    ...tableLines(
      ["", ""],
      [
        ["  the team's repository", tenant.bare],
        ["  the platform's accounts", places.platform],
        ["  the app's dotenv file", places.dotenv],
        ["  custody", places.custody],
        ["  the controller's log", places.controllerLog],
        ["  the ledger", places.velvet],
      ],
    ).slice(1),
    "",
    colours.bold("What to try next"),
    `  export VELVET_DATA_DIR=${places.velvet}`,
    `  ${COMMAND} status --all`,
    ...(running ? onceMore(tenant) : leftBehind(places, tenant)),
  ];
}

/** A second rotation by hand: each side merges what Velvet writes for it. */
function onceMore({ clone }: TenantRepository): string[] {
  const push = `git -C ${clone} add . && git -C ${clone} commit -m "Once more" && git -C ${clone} push origin main`;
  const tree = `${clone}/teams/${NAMESPACE}`;
  return [
    `  ${COMMAND} request rotate ${CREDENTIAL} --reason "once more" --requested-by me --write ${tree}/requests`,
    `  ${push}`,
    `  ${COMMAND} status --watch`,
    `  ${COMMAND} approve <request> --confirm ORDERS_DB --ticket OPS-2 --reason "it works" --decided-by me --write ${tree}/decisions`,
    `  ${push}`,
    "",
    "Everything is still running. Ctrl-C stops it and removes the folder.",
  ];
}

function leftBehind({ folder }: Places, { bare }: TenantRepository): string[] {
  return [
    `  git --git-dir ${bare} log --graph --stat main`,
    `  ${AGAIN}    (leaves everything running, to rotate once more by hand)`,
    `  rm -rf ${folder}`,
  ];
}
