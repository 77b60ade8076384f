/** Sweeps accounts that are due, on one replica at a time. */
import type { Accounts } from "../engine/accounts.ts";
import type { Deps } from "../engine/deps.ts";
import { Loop } from "../engine/loop.ts";
import { holdLease } from "../ledger/lease.ts";
import { dueSweeps, sweepNow } from "../ledger/sweeps.ts";
import { suspectRollback } from "./evidence.ts";
import { type SweepDeps, sweepAccount } from "./sweep.ts";

export interface RunningSweeps {
  /** Waits for the sweep that runs, and closes the accounts. */
  stop(): Promise<void>;
}

/** One after the other: rotations need the vendors more. */
const BATCH = 1;
const RECENT_MS = 3_600_000;

export function startSweeps(
  deps: Deps & { readonly accounts: Accounts },
  mayEnd: () => boolean,
  pollMs: number,
): RunningSweeps {
  const stopping = new AbortController();
  let isFirst = true;
  const loop = new Loop(pollMs, async () => {
    try {
      // Whoever starts may stand on a ledger that was restored: the vendors may know more.
      if (isFirst) await sweepNow(deps.db, { olderMs: RECENT_MS });
      isFirst = false;
      return (await sweepDue({ ...deps, mayEnd }, stopping.signal)) > 0;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      deps.log.error({ error: message }, "a sweep broke off, and is made again");
      return false;
    }
  });
  return {
    stop: async () => {
      stopping.abort();
      await loop.stop();
      await deps.accounts.close();
    },
  };
}

/** Returns how many accounts were swept. */
export async function sweepDue(deps: SweepDeps, signal: AbortSignal): Promise<number> {
  const order = { name: "sweep", claim: deps.uuid(), owner: deps.replica, ttlMs: deps.leaseMs };
  const held = await holdLease(deps.db, order, deps.clock);
  if (held === undefined) return 0;
  try {
    const due = await dueSweeps(deps.db, BATCH);
    const inTime = AbortSignal.any([signal, held.lost]);
    for (const each of due) await suspectRollback(deps, each.account, await sweepAccount(deps, each, inTime), inTime);
    return due.length;
  } finally {
    await held.release();
  }
}
