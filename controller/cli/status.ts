import type { RotationStatus } from "../domain/status.ts";
import type { SourceView } from "../ledger/sources.ts";
import type { RequestView } from "../ledger/views.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { heldLines } from "./held-text.ts";
import { namedBy } from "./names.ts";
import { printable } from "./output.ts";
import { present } from "./present.ts";
import type { Asked, Reading, ReadFilter } from "./reading.ts";
import { overdueLines } from "./overdue-text.ts";
import { driftedLines } from "./drift-text.ts";
import { detailLines, listLines, nameLines, type StatusPage } from "./status-text.ts";
import { yamlText } from "./yaml.ts";

export interface StatusOptions {
  readonly namespace?: string;
  /** On a cluster: not only the context's. */
  readonly allNamespaces?: boolean;
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

const LOOK_AGAIN_MS = 1_000;

/** Shows rotations, or one of them in detail. With `watch` until stopped, or until the named rotation has ended. */
export async function statusCommand(
  context: CommandContext,
  name: string | undefined,
  options: StatusOptions,
  reading: Reading,
): Promise<ExitCode> {
  const filter = filterOf(name, options);
  const page = await readPage(reading, filter, options);
  if (name !== undefined && page.rotations.length + page.requests.length === 0) throw unknownRequest(reading, name);
  if (options.watch === true) await watch(context, name, options, reading);
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

function filterOf(text: string | undefined, { namespace, all, allNamespaces }: StatusOptions): ReadFilter {
  if (allNamespaces === true && (namespace !== undefined || text?.includes("/") === true)) {
    throw misuse("--all-namespaces and one namespace cannot both be meant.", "Leave one of them out.");
  }
  const named = text === undefined ? present({ namespace }) : namedBy(text, namespace);
  return { ...named, ...present({ all: all === true || undefined, everywhere: allNamespaces === true || undefined }) };
}

async function readPage(reading: Reading, filter: ReadFilter, options: StatusOptions): Promise<StatusPage> {
  const [asked, around] = await Promise.all([reading.asked(filter), reading.surroundings(filter)]);
  return pageOf(asked, around, filter, options);
}

function pageOf(
  { rotations, requests, holds: told }: Asked,
  { sources, accounts, holds, drifted, overdue }: Awaited<ReturnType<Reading["surroundings"]>>,
  { name, all }: ReadFilter,
  options: StatusOptions,
): StatusPage {
  const shown = all === true || name !== undefined ? requests : requests.filter(({ state }) => OPEN.has(state));
  return {
    rotations: rotations.filter((status) => isAskedFor(status, options)),
    requests: shown.filter((request) => isRequestAskedFor(request, options)),
    sources: sources.filter(isTroubled),
    accounts,
    holds: told ?? holds,
    drifted,
    ...present({ overdue }),
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
  const around = [
    ...driftedLines(page.drifted, out.colours),
    ...overdueLines(page.overdue ?? [], clock.now(), out.colours),
  ];
  if (listed) return [...listLines(page, clock.now(), out.colours, output === "wide"), ...around];
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
  reading: Reading,
): Promise<void> {
  const filter = filterOf(name, options);
  let last = "";
  for await (const asked of reading.follow(filter, { everyMs: LOOK_AGAIN_MS, signal: context.stop })) {
    const page = pageOf(asked, await reading.surroundings(filter), filter, options);
    const now = JSON.stringify(withoutTimes(page));
    await draw(context, name, options, page, now !== last);
    last = now;
    if (name !== undefined && isOver(page)) return;
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
function withoutTimes({ rotations, requests, sources, holds, drifted, overdue }: StatusPage): object {
  const still = rotations.map((status) => ({ ...status, durations: [], nextTryAt: undefined }));
  return {
    rotations: still,
    requests,
    sources: sources.map((source) => ({ ...source, syncedAt: null })),
    holds,
    drifted,
    overdue,
  };
}

/** Nothing more will happen to what was named. */
function isOver({ rotations, requests }: StatusPage): boolean {
  return rotations.every(({ endedAt }) => endedAt !== undefined) && requests.every(({ state }) => state !== "pending");
}

export function unknownRequest(
  { name: whose, whereElse }: Pick<Reading, "name" | "whereElse">,
  name: string,
): CommandFailure {
  return new CommandFailure({
    happened: `${whose} knows no request ${printable(name)}.`,
    stillFine: "Nothing was changed.",
    next: whereElse,
  });
}
