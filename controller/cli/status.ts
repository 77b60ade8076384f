import { setTimeout as after } from "node:timers/promises";
import type { RotationStatus } from "../domain/status.ts";
import { summarize } from "../domain/summarize.ts";
import type { Db } from "../ledger/db.ts";
import { listAccounts } from "../ledger/accounts.ts";
import { listHolds } from "../ledger/holds.ts";
import { listSources, type SourceView } from "../ledger/sources.ts";
import { listAsked, type RequestView } from "../ledger/views.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { heldLines } from "./held-text.ts";
import { namedBy } from "./names.ts";
import { printable } from "./output.ts";
import { detailLines, listLines, nameLines, type StatusPage } from "./status-text.ts";
import { yamlText } from "./yaml.ts";

export interface StatusOptions {
  readonly namespace?: string;
  /** Ended rotations too. */
  readonly all?: boolean;
  readonly output?: "table" | "wide" | "json" | "yaml" | "name";
  readonly watch?: boolean;
  /** Only this stage: `DistributePartial`, or `distribute_partial`. */
  readonly state?: string;
  readonly credential?: string;
  /** Only what failed, is stalled or was refused. */
  readonly failed?: boolean;
  /** Only what waits for a person. */
  readonly waiting?: boolean;
}

/** The ledger tells nobody about changes, so a watch looks again this often. */
const LOOK_AGAIN_MS = 1_000;

/** Shows rotations, or one of them in detail. With `watch` until stopped, or until the named rotation has ended. */
export async function statusCommand(
  context: CommandContext,
  name: string | undefined,
  options: StatusOptions,
  db: Db,
): Promise<ExitCode> {
  const page = await readPage(db, name, options);
  if (name !== undefined && page.rotations.length + page.requests.length === 0) throw unknownRequest(name);
  if (options.watch === true) await watch(context, name, options, db, page);
  else await print(context, name, options, page);
  return 0;
}

async function print(
  context: CommandContext,
  name: string | undefined,
  options: StatusOptions,
  page: StatusPage,
): Promise<void> {
  const { out } = context;
  if (options.output === "json") out.json(page);
  else if (options.output === "yaml") out.raw(await yamlText(page));
  else linesOf(context, name, options, page).forEach((line) => out.line(line));
}

async function readPage(db: Db, text: string | undefined, options: StatusOptions): Promise<StatusPage> {
  const { namespace, all } = options;
  const filter = text === undefined ? (namespace === undefined ? {} : { namespace }) : namedBy(text, namespace);
  const name = text === undefined ? undefined : filter;
  const [{ rotations: views, requests }, sources, accounts, holds] = await Promise.all([
    listAsked(db, { ...filter, ...(all === true ? { all } : {}) }),
    listSources(db),
    listAccounts(db),
    listHolds(db),
  ]);
  const shown = all === true || name !== undefined ? requests : requests.filter(({ state }) => OPEN.has(state));
  return {
    rotations: views.map(summarize).filter((status) => isAskedFor(status, options)),
    requests: shown.filter((request) => isRequestAskedFor(request, options)),
    sources: sources.filter(isTroubled),
    accounts,
    holds,
  };
}

function isAskedFor(status: RotationStatus, { state, credential, failed, waiting }: StatusOptions): boolean {
  return (
    (credential === undefined || status.credential === credential) &&
    (state === undefined || sameStage(status.stage, state)) &&
    (failed !== true || hasFailed(status)) &&
    (waiting !== true || waitsForPerson(status))
  );
}

function isRequestAskedFor(request: RequestView, { state, credential, failed, waiting }: StatusOptions): boolean {
  return (
    (credential === undefined || request.credential === credential) &&
    (state === undefined || sameStage(request.state, state)) &&
    (failed !== true || request.state === "refused" || request.state === "expired") &&
    waiting !== true
  );
}

/** The runbook writes `distribute_partial`, the conditions `DistributePartial`. */
function sameStage(stage: string, asked: string): boolean {
  return stage.toLowerCase() === asked.replaceAll(/[_-]/g, "").toLowerCase();
}

function hasFailed({ stage, conditions }: RotationStatus): boolean {
  return (
    /Failed$|Partial$/.test(stage) ||
    conditions.some(({ type, status }) =>
      type === "Stalled" ? status === "True" : type !== "Ready" && status === "False",
    )
  );
}

function waitsForPerson({ gate, conditions }: RotationStatus): boolean {
  return (
    gate !== undefined ||
    conditions.some(
      ({ type, status, reason }) => (type === "Stalled" && status === "True") || reason === "AwaitingConfirmation",
    )
  );
}

const OPEN: ReadonlySet<string> = new Set(["pending", "refused"]);

function linesOf(
  { out, clock }: CommandContext,
  name: string | undefined,
  { output }: StatusOptions,
  page: StatusPage,
): string[] {
  if (output === "name") return nameLines(page);
  const listed = output === "table" || output === "wide" || name === undefined || page.rotations.length === 0;
  if (listed) return listLines(page, clock.now(), out.colours, output === "wide");
  const details = page.rotations.flatMap((status, index) => [
    ...(index === 0 ? [] : [""]),
    ...detailLines(status, clock.now(), out.colours),
  ]);
  return [...heldLines(page.holds, out.colours), ...details];
}

function isTroubled({ ready, problems }: SourceView): boolean {
  return !ready || problems.length > 0;
}

/** In a terminal the page is replaced in place; when piped, it is written again whenever something in it has changed. */
async function watch(
  context: CommandContext,
  name: string | undefined,
  options: StatusOptions,
  db: Db,
  first: StatusPage,
): Promise<void> {
  const { stop } = context;
  let page = first;
  let last = "";
  while (!stop.aborted) {
    const now = JSON.stringify(withoutTimes(page));
    await draw(context, name, options, page, now !== last);
    last = now;
    if (name !== undefined && isOver(page)) return;
    await after(LOOK_AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted) page = await readPage(db, name, options);
  }
}

async function draw(
  context: CommandContext,
  name: string | undefined,
  options: StatusOptions,
  page: StatusPage,
  changed: boolean,
): Promise<void> {
  const { out } = context;
  const program = options.output === "json" || options.output === "yaml";
  if (!changed && (program || !out.live)) return;
  if (options.output === "json") out.line(JSON.stringify(page));
  else if (options.output === "yaml") out.raw(`---\n${await yamlText(page)}`);
  else out.block(linesOf(context, name, options, page));
}

/** What is left when the clock alone has moved on. */
function withoutTimes({ rotations, requests, sources, holds }: StatusPage): object {
  const still = rotations.map((status) => ({ ...status, durations: [], nextTryAt: undefined }));
  return { rotations: still, requests, sources: sources.map((source) => ({ ...source, syncedAt: null })), holds };
}

/** Nothing more will happen to what was named. */
function isOver({ rotations, requests }: StatusPage): boolean {
  return rotations.every(({ endedAt }) => endedAt !== undefined) && requests.every(({ state }) => state !== "pending");
}

export function unknownRequest(name: string): CommandFailure {
  return new CommandFailure({
    happened: `The ledger knows no request ${printable(name)}.`,
    stillFine: "Nothing was changed.",
    next: "See all with `velvet status --all`. A request that was just merged appears after the next sync of its source.",
  });
}
