/** Closes intervals again and again, on one replica at a time. */
import type { Clock } from "../../adapters/contract.ts";
import type { Db } from "../ledger/db.ts";
import { guardLease, type HeldLease, holdLease, LeaseLost } from "../ledger/lease.ts";
import { closeInterval, handOver } from "./close.ts";
import type { Watch } from "./watch.ts";

export interface SequencerOptions {
  readonly db: Db;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Between two checkpoints, milliseconds. */
  readonly intervalMs: number;
  /** For people: which replica holds the lease. */
  readonly owner: string;
  /** A fresh uuid. */
  readonly newId: () => string;
  /** Returns after so many milliseconds, or when stopped. */
  readonly pause: (ms: number) => Promise<void>;
  /** For the log. Must not throw. */
  readonly onFailure: (error: unknown) => void;
}

const LEASE_MS = 30_000;
/** Until there is something to close: what happened first is soon published. */
const FIRST_MS = 2_000;

/** Runs until the signal. Never rejects. */
export async function runSequencer(options: SequencerOptions): Promise<void> {
  while (!options.signal.aborted) {
    try {
      const held = await hold(options);
      if (held !== undefined) await whileHeld(options, held);
    } catch (error) {
      options.onFailure(error);
    }
    await options.pause(LEASE_MS / 3);
  }
}

/** One more, at a graceful stop, unless another replica goes on with it. */
export async function closeLast(options: SequencerOptions): Promise<void> {
  const held = await hold(options);
  if (held === undefined) return;
  try {
    await closeOnce(options, held);
  } finally {
    await held.release();
  }
}

async function hold({ db, owner, newId, clock }: SequencerOptions): Promise<HeldLease | undefined> {
  return holdLease(db, { name: "sequencer", claim: newId(), owner, ttlMs: LEASE_MS }, clock);
}

async function whileHeld(options: SequencerOptions, held: HeldLease): Promise<void> {
  try {
    let closed = false;
    while (!options.signal.aborted && !held.lost.aborted) {
      closed = (await closeOnce(options, held)) || closed;
      await options.pause(closed ? options.intervalMs : Math.min(FIRST_MS, options.intervalMs));
    }
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
  } finally {
    await held.release();
  }
}

/** A ledger that is behind makes no checkpoint: the first one after it says what a person accepted. */
async function closeOnce({ db, watch }: SequencerOptions, { lease }: HeldLease): Promise<boolean> {
  await watch.look();
  const { signing } = watch;
  if (watch.isHeld() !== undefined || signing === undefined) return false;
  const closed = await db.transaction(async (tx) => {
    await guardLease(tx, lease);
    return signing.nextKey === undefined ? closeInterval(tx, signing) : handOver(tx, signing);
  });
  if (closed !== undefined) await watch.look();
  return closed !== undefined;
}
