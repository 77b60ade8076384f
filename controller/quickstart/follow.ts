/** Waiting for the ledger. It tells nobody about changes, so it is asked again, with a deadline. */
import { setTimeout as after } from "node:timers/promises";
import type { RotationStatus } from "../domain/status.ts";
import { summarize } from "../domain/summarize.ts";
import type { Db } from "../ledger/db.ts";
import { listSources, type SourceView } from "../ledger/sources.ts";
import { listRequests, listRotations } from "../ledger/views.ts";

export interface Waiting {
  readonly db: Db;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
  /** For each wait, not for all. */
  readonly deadlineMs: number;
}

const ASK_AGAIN_MS = 100;

/** Resolves when every source has had its first look, with nothing wrong in its files. Throws where something is wrong. */
export async function sourcesSynced(waiting: Waiting): Promise<void> {
  await until(waiting, "the first look at the manifests", async () => {
    const sources = await listSources(waiting.db);
    const problem = sources.flatMap(({ problems }) => problems)[0];
    if (problem) throw new Error(`${problem.path}:${problem.line}: ${problem.message} (${problem.code})`);
    return sources.length >= 2 && sources.every(isSynced) ? sources : undefined;
  });
}

function isSynced({ baseline, ready }: SourceView): boolean {
  return baseline && ready;
}

/**
 * Shows a rotation again and again until `reached`. Throws where it cannot be reached any more: the request was refused or expired,
 * the rotation ended otherwise, or the deadline has passed, with what it waited for.
 */
export async function rotationUntil(
  waiting: Waiting,
  request: string,
  reached: (status: RotationStatus) => boolean,
  show: (status: RotationStatus) => void,
): Promise<RotationStatus> {
  let last = "its merge to be seen";
  return until(
    waiting,
    () => last,
    async () => {
      const [view] = await listRotations(waiting.db, { name: request });
      if (!view) return refuseDeadRequest(waiting.db, request);
      const status = summarize(view);
      show(status);
      if (reached(status)) return status;
      if (status.endedAt !== undefined) throw new Error(`the rotation ended in ${status.stage}`);
      last = openConditions(status);
      return undefined;
    },
  );
}

async function refuseDeadRequest(db: Db, request: string): Promise<undefined> {
  const [found] = await listRequests(db, { name: request });
  if (found && found.state !== "pending" && found.state !== "accepted") {
    throw new Error(`the request is ${found.state}: ${found.reason}, ${found.message}`);
  }
  return undefined;
}

/** What a person would look at to see why it does not go on. */
function openConditions({ stage, conditions, consumers }: RotationStatus): string {
  const open = conditions
    .filter(({ status, message }) => status !== "True" && message !== "")
    .map(({ type, reason, message }) => `${type}/${reason} (${message})`);
  const waiting = consumers
    .filter(({ state }) => state !== "working")
    .map(({ id, state, message }) => `${id} ${state}: ${message}`);
  return [`the stage ${stage}`, ...open, ...waiting].join("; ");
}

async function until<T>(
  { signal, deadlineMs }: Waiting,
  what: string | (() => string),
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs);
  for (;;) {
    signal.throwIfAborted(); // with the reason: Ctrl-C, or the child that was lost
    const found = await look();
    if (found !== undefined) return found;
    if (deadline.aborted) {
      const text = typeof what === "string" ? what : what();
      throw new Error(`waited ${deadlineMs / 1_000} s for ${text}`);
    }
    await after(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}
