/** `velvet ledger report`: what happened in the time that a restored ledger has lost, and what accepting it does. */
import { digestOf, isBlind } from "../checkpoints/report.ts";
import type { Truth } from "../domain/restored/truth.ts";
import type { Instant } from "../domain/world.ts";
import type { Db } from "../ledger/db.ts";
import { type HoldView, listHolds } from "../ledger/holds.ts";
import { forgetRestored, listRestored, type RestoredView, sourcesBehind } from "../ledger/restored.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { heldLines } from "./held-text.ts";
import { reportLines } from "./ledger-report-text.ts";

export interface LedgerReportOptions {
  readonly lookAgain?: boolean;
  /** Seconds. */
  readonly timeout?: string;
  readonly output?: "json";
}

/** As programs get it (`docs/reference/schemas/ledger-report.json`). */
export interface RestoredReport {
  /** What would be accepted. */
  readonly digest: string;
  /** False: some of it was not looked at yet, or could not be seen. */
  readonly complete: boolean;
  readonly holds: readonly HoldView[];
  /** Sources that were not read since it is held: what stands there is not known yet. */
  readonly behind: readonly string[];
  readonly credentials: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly lookedAt: Instant | null;
    readonly truth: Truth | null;
  }[];
}

/** Exit code 1 as long as it is not complete. */
export async function ledgerReportCommand(
  context: CommandContext,
  { lookAgain, timeout = "120", output }: LedgerReportOptions,
  db: Db,
): Promise<ExitCode> {
  const holds = await listHolds(db);
  if (holds.length === 0) throw nothingHeld();
  if (lookAgain === true) await forgetRestored(db);
  const found = await lookedAt(db, context, Number(timeout) * 1_000);
  const report = reportOf(holds, found);
  if (output === "json") context.out.json(report);
  else {
    const { colours } = context.out;
    const told = [...heldLines(holds, colours), ...reportLines(report, colours)];
    told.forEach((line) => context.out.line(line));
  }
  return report.complete ? 0 : 1;
}

function reportOf(holds: readonly HoldView[], { views, behind }: Found): RestoredReport {
  return {
    digest: digestOf(views),
    complete: !views.some(isBlind) && behind.length === 0,
    holds,
    behind,
    credentials: views.map(({ namespace, name, lookedAt, truth }) => ({ namespace, name, lookedAt, truth })),
  };
}

const LOOK_MS = 500;

export interface Found {
  readonly views: readonly RestoredView[];
  readonly behind: readonly string[];
}

/** Waits until a controller has read its sources and looked at all Credentials; not longer than that. */
export async function lookedAt(
  db: Db,
  { clock, stop }: Pick<CommandContext, "clock" | "stop">,
  longestMs: number,
): Promise<Found> {
  const end = clock.monotonicMs() + longestMs;
  for (;;) {
    // The sources first: what they bring makes looks stale.
    const behind = await sourcesBehind(db);
    const views = await listRestored(db);
    const isThere = behind.length === 0 && !views.some(({ truth }) => truth === null);
    if (isThere || clock.monotonicMs() >= end || stop.aborted) return { views, behind };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function nothingHeld(): CommandFailure {
  return new CommandFailure({
    happened: "There is nothing to report: this ledger has everything that was published.",
    stillFine: "Nothing was changed, and rotations go on as before.",
    next: "See `velvet drift` for what differs from the ledger, and `velvet sweep` for what nobody owns.",
  });
}
