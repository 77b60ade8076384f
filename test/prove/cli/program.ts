/** `prove`: layer after layer, on one Postgres, with a report of whatever was done. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { CommanderError } from "commander";
import type { Output } from "../../../controller/cli/output.ts";
import type { Progress } from "../../../controller/cli/progress.ts";
import { proofServer, SERVER_VARIABLE } from "../server.ts";
import { LayerRun } from "./layer-run.ts";
import type { Entry } from "./layers.ts";
import { proofReport } from "./markdown.ts";
import { type ProveOptions, parseOptions } from "./options.ts";
import { kept, type LayerOutcome } from "./outcome.ts";
import { endLine, missingLines, summaryLines, violationLines } from "./text.ts";

export interface ProveFrame {
  readonly layers: readonly Entry[];
  readonly out: Output;
  readonly progress: Progress;
  /** The project's root. */
  readonly root: string;
  readonly commit: string;
  /** Ctrl-C. */
  readonly stop: AbortSignal;
}

/** Runs one command line. Never rejects; answers the exit code. */
export async function runProve(args: readonly string[], frame: ProveFrame): Promise<0 | 1 | 2> {
  try {
    return await prove(parseOptions(args, frame.layers, frame.out), frame);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    frame.out.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}

async function prove(options: ProveOptions, frame: ProveFrame): Promise<0 | 1> {
  const { out } = frame;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), msOf(options.minutes)).unref();
  const stop = AbortSignal.any([frame.stop, late.signal]);
  const needsServer = options.layers.some((entry) => entry.server !== false);
  const own = needsServer ? await proofServer() : undefined;
  const outcomes: LayerOutcome[] = [];
  const env: Record<string, string> = own ? { [SERVER_VARIABLE]: JSON.stringify(own.server) } : {};
  try {
    for (const entry of options.layers) {
      if (stop.aborted) break;
      const each = AbortSignal.any([stop, minutesAfter(options.minutesEach)]);
      const outcome = await new LayerRun(entry, options, { ...frame, stop: each, env }).run();
      outcomes.push(outcome);
      if (options.output !== "json") violationLines(outcome).forEach((line) => out.line(line));
    }
  } finally {
    clearTimeout(timer);
    await own?.stop();
  }
  await tell(outcomes, options, frame, stoppedBy(frame, late.signal));
  return outcomes.every(kept) ? 0 : 1;
}

/** A timer above 2^31 ms fires at once. */
function msOf(minutes = Infinity): number {
  return Math.min(minutes * 60_000, 2 ** 31 - 1);
}

function minutesAfter(minutes: number | undefined): AbortSignal {
  return AbortSignal.timeout(msOf(minutes));
}

function stoppedBy({ stop }: ProveFrame, late: AbortSignal): string | undefined {
  if (stop.aborted) return "interrupted";
  return late.aborted ? "its minutes are over" : undefined;
}

async function tell(
  outcomes: readonly LayerOutcome[],
  options: ProveOptions,
  { out, root, commit }: ProveFrame,
  stopped: string | undefined,
): Promise<void> {
  if (options.output === "json") {
    const layers = outcomes.map(({ violations, ...outcome }) => ({ ...outcome, violations }));
    out.json({ ok: outcomes.every(kept), commit, ...(stopped === undefined ? {} : { stopped }), layers });
  } else {
    for (const line of [...summaryLines(outcomes), "", ...missingLines(outcomes)]) out.line(line);
    out.line(endLine(outcomes, stopped));
  }
  if (options.report === undefined || outcomes.length === 0) return;
  const path = resolve(root, options.report);
  writeFileSync(path, await proofReport(existsSync(path) ? readFileSync(path, "utf8") : "", outcomes));
  out.note(`Written: ${options.report}`);
}
