import { sweepCondition, type Unaccounted, unaccountedText } from "../domain/sweep.ts";
import type { Db } from "../ledger/db.ts";
import { listSweeps, sweepNow, type SweepView } from "../ledger/sweeps.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { type Colours, printable, tableLines } from "./output.ts";
import { since } from "./status-text.ts";

export interface SweepOptions {
  readonly now?: boolean;
  /** Seconds. */
  readonly timeout?: string;
  readonly output?: "json";
}

const LOOK_MS = 250;

export async function sweepCommand(
  context: CommandContext,
  account: string | undefined,
  { now, timeout = "120", output }: SweepOptions,
  db: Db,
): Promise<ExitCode> {
  const before = await listSweeps(db, account);
  if (account !== undefined && before.length === 0) throw unknownAccount(account);
  const views = now === true ? await sweptAnew(context, db, before, Number(timeout) * 1_000) : before;
  if (output === "json") context.out.json({ accounts: views.map(told) });
  else linesOf(views, context).forEach((line) => context.out.line(line));
  return views.every((view) => sweepCondition(view).status === "False") ? 0 : 1;
}

/** As programs get it (`docs/reference/schemas/sweep.json`). */
function told(view: SweepView): object {
  const { account, adapter, found, facts, sweptAt, nextSweepAt } = view;
  const { status, reason, message } = sweepCondition(view);
  const listed = { listed: 0, unmarked: 0, unlisted: [], ...facts };
  return { account, adapter, drifted: status, reason, message, found, facts: listed, sweptAt, nextSweepAt };
}

/** A controller looks; this waits until it has. */
async function sweptAnew(
  { clock, stop }: CommandContext,
  db: Db,
  before: readonly SweepView[],
  longestMs: number,
): Promise<SweepView[]> {
  const [only] = before;
  const account = before.length === 1 ? only?.account : undefined;
  await sweepNow(db, account === undefined ? {} : { account });
  const end = clock.monotonicMs() + longestMs;
  for (;;) {
    const views = await listSweeps(db, account);
    const isDone = views.every(({ account: name, sweptAt }) => {
      return sweptAt !== null && sweptAt !== before.find((each) => each.account === name)?.sweptAt;
    });
    if (isDone) return views;
    if (clock.monotonicMs() >= end || stop.aborted) throw notSwept();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const HEADER = ["ACCOUNT", "ADAPTER", "LOOKED", "IN USE", "OLD", "UNDER WAY", "OTHERS", "UNOWNED", "WHAT"] as const;

function linesOf(views: readonly SweepView[], { out: { colours }, clock }: CommandContext): string[] {
  if (views.length === 0) return ["No account issues credentials."];
  const rows = views.map((view) => rowOf(view, clock.now(), colours));
  return [...tableLines(HEADER, rows), ...views.flatMap((view) => detailLines(view))];
}

function rowOf(view: SweepView, now: Date, colours: Colours): string[] {
  const { account, adapter, found, facts, sweptAt } = view;
  const { current = 0, retired = 0, open = 0, watched = 0, others = 0 } = facts.counts ?? {};
  const condition = sweepCondition(view);
  const unowned = found.length > 0 ? colours.red(String(found.length)) : "0";
  return [
    printable(account),
    printable(adapter),
    sweptAt === null ? "never" : `${since(sweptAt, now)} ago`,
    ...[current, retired, open + watched, others].map(String),
    unowned,
    condition.reason,
  ];
}

function detailLines({ account, found, facts }: SweepView): string[] {
  const { unmarked = 0, unlisted = [] } = facts;
  const lines = [
    ...found.flatMap((each) => [unaccountedText(each), ...nextFor(each).map((line) => `  ${line}`)]),
    ...unlisted.map(({ credential, reason, message }) => `${credential} could not be listed: ${reason}: ${message}`),
    ...(unmarked === 0
      ? []
      : [`Of ${unmarked} of its issuers nothing can be told apart: the vendor shows no marker, or lists nothing.`]),
  ];
  return lines.length === 0 ? [] : ["", `${account}:`, ...lines.map((line) => `  ${line}`)].map(printable);
}

/** What a person can do about it. */
function nextFor({ why, id, credential }: Unaccounted): string[] {
  if (why === "Orphan") return ["Nothing: the reaper ends it, unless rotations are switched off."];
  if (why !== "UnknownMarker" || credential !== undefined) {
    return [`See whether anybody uses it (velvet drift ${credential ?? ""}); then end ${id} at the vendor.`];
  }
  return [
    "Was the ledger restored, or has another ledger this install's name? If nobody uses it, end it at the vendor.",
  ];
}

function unknownAccount(account: string): CommandFailure {
  return new CommandFailure({
    happened: printable(`No account ${account} issues a credential.`),
    stillFine: "Nothing was changed.",
    next: "See all with `velvet sweep`.",
  });
}

function notSwept(): CommandFailure {
  return new CommandFailure({
    happened: "No controller has looked in this time.",
    stillFine: "It is looked at as soon as a controller can.",
    next: "See with `velvet doctor` whether one runs, and then `velvet sweep`.",
  });
}
