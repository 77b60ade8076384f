/** Writes to the ledger through its outages: what was done outside must not be forgotten because the ledger was away for a moment. */
import type { ChainHead } from "../ledger/audit.ts";
import type { Claim } from "../ledger/claims.ts";
import { isOutage } from "../ledger/outage.ts";
import type { Change, Release } from "../ledger/record.ts";
import { record, recorded } from "../ledger/record.ts";
import type { Deps } from "./deps.ts";

export interface RecordOrder {
  readonly claim: Claim;
  readonly head: ChainHead;
  readonly changes: readonly Change[];
  readonly at: string;
  readonly release?: Release | undefined;
}

const FIRST_PAUSE_MS = 100;

/**
 * As `record`; an outage is sat out within the lease, and a write whose answer was lost is never made twice. Throws what `record` throws,
 * the outage itself when it lasts too long.
 */
export async function insist(deps: Deps, order: RecordOrder): Promise<ChainHead> {
  const { claim, head, changes, at, release } = order;
  const until = deps.clock.monotonicMs() + deps.leaseMs * 0.6;
  let isRetry = false;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      const before = isRetry ? await recorded(deps.db, claim, head, changes, at) : undefined;
      return before && changes.length > 0 ? before : await record(deps.db, claim, head, changes, at, release);
    } catch (error) {
      if (!isOutage(error) || deps.clock.monotonicMs() + pauseMs > until) throw error;
      isRetry = true;
      await deps.pause(pauseMs);
    }
  }
}
