/** The checkpoints of one replica: it watches all the time, and makes them while it holds the lease. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../adapters/contract.ts";
import type { Db } from "../ledger/db.ts";
import type { Log } from "../log.ts";
import { closeLast, runSequencer, type SequencerOptions } from "./sequencer.ts";
import { BranchWatch, type Publication } from "./branch.ts";
import type { Signer } from "./statement.ts";
import { Watch } from "./watch.ts";

export interface CheckpointOptions {
  readonly db: Db;
  readonly signer: Signer;
  readonly file: string;
  /** Somewhere else that they are published to as well. */
  readonly publication?: Publication;
  readonly host: string;
  readonly owner: string;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two checkpoints. */
  readonly intervalMs: number;
  /** Between two looks at the file. */
  readonly pollMs: number;
  /** Rotations may begin again. */
  readonly onFree: () => void;
}

export interface Checkpoints {
  /** Why nothing may be started now. */
  isHeld(): string | undefined;
  /** Closes and publishes once more. Never throws. To be called when nothing writes any more. */
  stop(): Promise<void>;
}

/** Returns after the first comparison, so that nothing is started before it. Throws what the ledger throws. */
export async function startCheckpoints(options: CheckpointOptions): Promise<Checkpoints> {
  const { db, signer, clock, log, owner, newId, intervalMs, pollMs, file, publication } = options;
  const place = `${options.host}:${file}`;
  const watch = new Watch({ db, signer, file, place, clock, log, onFree: options.onFree });
  const branch = publication && new BranchWatch({ db, signer, publication, log });
  // What hangs there delays the start by so much, and no more.
  await branch?.look(AbortSignal.timeout(FIRST_BRANCH_MS));
  await watch.look();
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = async (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
  const onFailure = (error: unknown): void => {
    const message = error instanceof Error ? error.message : "";
    log.warn({ error: message }, "no checkpoint could be made; it is tried again");
  };
  const order: SequencerOptions = { db, watch, clock, signal, intervalMs, owner, newId, pause, onFailure };
  const running = [runSequencer(order), runWatch(watch, log, signal, async () => pause(pollMs))];
  if (branch) running.push(runBranch(branch, signal, intervalMs, pause));
  return {
    isHeld: () => watch.isHeld(),
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      await closeLast(order)
        .then(async () => watch.look())
        .then(async () => branch?.look(AbortSignal.timeout(LAST_BRANCH_MS)))
        .catch(onFailure);
    },
  };
}

/** Longer than any look; two commands of git at most hang in it. */
const FIRST_BRANCH_MS = 15_000;
const LAST_BRANCH_MS = 10_000;
/** What it found is kept fresh for the other replicas. */
const HELD_BRANCH_MS = 10_000;

/** The ledger's own trouble is said by the watch. */
async function runBranch(
  branch: BranchWatch,
  signal: AbortSignal,
  intervalMs: number,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  for (;;) {
    await pause(branch.isHeld ? Math.min(HELD_BRANCH_MS, intervalMs) : intervalMs);
    if (signal.aborted) return;
    await branch.look(signal).catch(() => undefined);
  }
}

/** Says once that the ledger does not answer: as long as it cannot be compared, the engine does not even ask it. */
async function runWatch(watch: Watch, log: Log, signal: AbortSignal, pause: () => Promise<void>): Promise<void> {
  let failed = false;
  for (;;) {
    await pause();
    if (signal.aborted) return;
    try {
      await watch.look();
      if (failed) log.info({}, "the ledger answers again");
      failed = false;
    } catch (error) {
      const message = error instanceof Error ? error.message : "";
      if (!failed) log.error({ error: message }, "the ledger did not answer; rotations wait, and nothing is lost");
      failed = true;
    }
  }
}
