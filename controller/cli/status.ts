import { setTimeout as after } from "node:timers/promises";
import { summarize } from "../domain/summarize.ts";
import type { Db } from "../ledger/db.ts";
import { listSources, type SourceView } from "../ledger/sources.ts";
import { listRequests, listRotations } from "../ledger/views.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { detailLines, listLines, type StatusPage } from "./status-text.ts";

export interface StatusOptions {
  readonly namespace?: string;
  /** Ended rotations too. */
  readonly all?: boolean;
  readonly output?: "json";
  readonly watch?: boolean;
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
  if (options.watch !== true) {
    if (options.output === "json") context.out.json(page);
    else linesOf(context, name, page).forEach((line) => context.out.line(line));
    return 0;
  }
  await watch(context, name, options, db, page);
  return 0;
}

async function readPage(db: Db, name: string | undefined, { namespace, all }: StatusOptions): Promise<StatusPage> {
  const filter = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
  const [views, requests, sources] = await Promise.all([
    listRotations(db, { ...filter, ...(all === true ? { all } : {}) }),
    listRequests(db, filter),
    listSources(db),
  ]);
  const shown = all === true || name !== undefined ? requests : requests.filter(({ state }) => OPEN.has(state));
  return { rotations: views.map(summarize), requests: shown, sources: sources.filter(isTroubled) };
}

const OPEN: ReadonlySet<string> = new Set(["pending", "refused"]);

function linesOf({ out, clock }: CommandContext, name: string | undefined, page: StatusPage): string[] {
  if (name === undefined || page.rotations.length === 0) return listLines(page, clock.now(), out.colours);
  return page.rotations.flatMap((status, index) => [
    ...(index === 0 ? [] : [""]),
    ...detailLines(status, clock.now(), out.colours),
  ]);
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
  const { out, stop } = context;
  let page = first;
  let last = "";
  while (!stop.aborted) {
    const now = JSON.stringify(withoutTimes(page));
    if (options.output === "json") {
      if (now !== last) out.line(JSON.stringify(page));
    } else if (out.live || now !== last) {
      out.block(linesOf(context, name, page));
    }
    last = now;
    if (name !== undefined && isOver(page)) return;
    await after(LOOK_AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted) page = await readPage(db, name, options);
  }
}

/** What is left when the clock alone has moved on. */
function withoutTimes({ rotations, requests, sources }: StatusPage): object {
  const still = rotations.map((status) => ({ ...status, durations: [], nextTryAt: undefined }));
  return { rotations: still, requests, sources: sources.map((source) => ({ ...source, syncedAt: null })) };
}

/** Nothing more will happen to what was named. */
function isOver({ rotations, requests }: StatusPage): boolean {
  return rotations.every(({ endedAt }) => endedAt !== undefined) && requests.every(({ state }) => state !== "pending");
}

function unknownRequest(name: string): CommandFailure {
  return new CommandFailure({
    happened: `The ledger knows no request ${name}.`,
    next: "See all with `velvet status --all`. A request that was just merged appears after the next sync of its source.",
  });
}
