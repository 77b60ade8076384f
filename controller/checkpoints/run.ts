/** The checkpoints of one replica: it watches all the time, and makes them while it holds the lease. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../adapters/contract.ts";
import type { KeyRing } from "../custody/key.ts";
import type { Db } from "../ledger/db.ts";
import type { Log } from "../log.ts";
import { closeLast, runSequencer, type SequencerOptions } from "./sequencer.ts";
import { signerOf } from "./statement.ts";
import { Watch } from "./watch.ts";

export interface CheckpointOptions {
  readonly db: Db;
  readonly keys: KeyRing;
  readonly install: string;
  readonly file: string;
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
  const { db, clock, log, owner, newId, intervalMs, pollMs, file } = options;
  const signer = signerOf(options.install, options.keys);
  const place = `${options.host}:${file}`;
  const watch = new Watch({ db, signer, file, place, clock, log, onFree: options.onFree });
  await watch.look();
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = async (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
  const onFailure = (error: unknown): void => {
    const message = error instanceof Error ? error.message : "";
    log.warn({ error: message }, "no checkpoint could be made; it is tried again");
  };
  const order: SequencerOptions = { db, signer, watch, clock, signal, intervalMs, owner, newId, pause, onFailure };
  const running = [runSequencer(order), runWatch(watch, log, signal, async () => pause(pollMs))];
  return {
    isHeld: () => watch.isHeld(),
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      await closeLast(order)
        .then(async () => watch.look())
        .catch(onFailure);
    },
  };
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
