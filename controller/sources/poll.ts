/** Looks at one source again and again, on one replica at a time, and brings what it shows into the ledger. */
import type { Clock } from "../../adapters/contract.ts";
import type { Db } from "../ledger/db.ts";
import { type HeldLease, holdLease, LeaseLost } from "../ledger/lease.ts";
import { type Bell, createBell } from "./bell.ts";
import { SourceFailure } from "./failure.ts";
import type { Source } from "./look.ts";
import { failSource, readSource, touchSource } from "./state.ts";
import { changedSomething, type SyncReport, syncSource } from "./sync.ts";

export interface RunOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Between two looks, milliseconds. */
  readonly interval: number;
  /** After a sync that the engine may have to act on. Must not throw. */
  readonly onChange: (report: SyncReport) => void;
  /** After a look that failed; `error` is a `SourceFailure`, or what the ledger said. For the log. Must not throw. */
  readonly onFailure: (error: unknown, nextTryMs: number) => void;
  /** Given a function that wakes the loop early, for a webhook. */
  readonly hint?: (wake: () => void) => void;
  /** For people: which replica holds the lease. */
  readonly owner: string;
  /** A fresh uuid. */
  readonly newId: () => string;
  /** In [0, 1). */
  readonly random: () => number;
  /** How long another replica waits before it takes over from one that died; default 30 s. */
  readonly leaseMs?: number;
}

export interface RunningSource {
  /** Settles when the ledger holds a look at this source, by whichever replica; rejects when stopped before. */
  readonly first: Promise<void>;
  /** Settles when the loop has stopped and the lease is given back. Never rejects. */
  readonly done: Promise<void>;
}

const LEASE_MS = 30_000;
const LONGEST_BACKOFF_MS = 300_000;

/** Starts the loop; it ends on `signal`. */
export function runSource(source: Source, options: RunOptions): RunningSource {
  const { promise: first, resolve, reject } = Promise.withResolvers<void>();
  first.catch(() => undefined);
  const bell = createBell();
  options.hint?.(() => bell.ring());
  source.watch?.(() => bell.ring(), options.signal);
  const done = run({ source, options, bell, synced: resolve }).finally(() =>
    reject(new Error(`stopped before the first sync of the source ${source.name}`)),
  );
  return { first, done };
}

interface Loop {
  readonly source: Source;
  readonly options: RunOptions;
  readonly bell: Bell;
  readonly synced: () => void;
}

async function run(loop: Loop): Promise<void> {
  const { options, source, bell } = loop;
  const ttlMs = options.leaseMs ?? LEASE_MS;
  let failures = 0;
  while (!options.signal.aborted) {
    const order = { name: `source:${source.name}`, claim: options.newId(), owner: options.owner, ttlMs };
    try {
      const held = await holdLease(options.db, order, options.clock);
      failures = 0;
      if (held === undefined) await standBy(loop, ttlMs / 3);
      else await lookWhileHeld(loop, held);
    } catch (error) {
      failures += 1;
      const wait = backoff(failures, options);
      options.onFailure(error, wait);
      await bell.wait(wait, options.signal);
    }
  }
}

/** Another replica looks: all there is to do is to see whether it has, and to be ready to take over. */
async function standBy(loop: Loop, ms: number): Promise<void> {
  const row = await readSource(loop.options.db, loop.source.name);
  if (row?.baseline === true) loop.synced();
  await loop.bell.wait(ms, loop.options.signal);
}

async function lookWhileHeld(loop: Loop, held: HeldLease): Promise<void> {
  const { options, bell } = loop;
  const stop = AbortSignal.any([options.signal, held.lost]);
  let failures = 0;
  try {
    while (!stop.aborted) {
      const error = await lookOnce(loop, held, stop);
      if (stop.aborted || error instanceof LeaseLost) return;
      failures = error === undefined ? 0 : failures + 1;
      const wait = error === undefined ? options.interval : backoff(failures, options);
      if (error !== undefined) options.onFailure(error, wait);
      await bell.wait(wait, stop);
    }
  } finally {
    await held.release();
  }
}

/** One look, written to the ledger. Returns what went wrong. */
async function lookOnce(loop: Loop, held: HeldLease, stop: AbortSignal): Promise<unknown> {
  const { source, options, synced } = loop;
  const { db } = options;
  try {
    const row = await readSource(db, source.name);
    const look = await source.look(row?.cursor ?? undefined, stop);
    if (look === undefined) {
      await touchSource(db, source.name);
    } else {
      const report = await syncSource(db, look, held.lease);
      source.accepted(look);
      if (changedSomething(report)) options.onChange(report);
    }
    synced();
    return undefined;
  } catch (error) {
    if (stop.aborted || !(error instanceof SourceFailure)) return error;
    return failSource(db, source, error).then(
      () => error,
      (worse: unknown) => worse,
    );
  }
}

/** Exponential from a second (or the interval, where that is shorter) to five minutes; the upper half is spread. */
function backoff(failures: number, options: RunOptions): number {
  const planned = Math.min(LONGEST_BACKOFF_MS, Math.min(1_000, options.interval) * 2 ** Math.min(failures - 1, 20));
  return planned / 2 + (planned / 2) * options.random();
}
