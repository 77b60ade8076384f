/** Whether what keeps everything from being started has changed: nothing in the outbox says so, because it is of no object. */
import type { Db } from "../../ledger/db.ts";
import { listHolds } from "../../ledger/holds.ts";

export interface HoldWatch {
  /** Since it was asked before; at first, whether there is any. Asks the ledger only now and then. */
  changed(): Promise<boolean>;
}

const EVERY_MS = 2_000;

export function openHoldWatch(db: Db, monotonicMs: () => number): HoldWatch {
  let known = "[]";
  let askedAt: number | undefined;
  return {
    changed: async () => {
      const now = monotonicMs();
      if (askedAt !== undefined && now - askedAt < EVERY_MS) return false;
      const holds = await listHolds(db);
      askedAt = now;
      const found = JSON.stringify(holds.map(({ place, reason, message }) => [place, reason, message]));
      const changed = found !== known;
      known = found;
      return changed;
    },
  };
}
