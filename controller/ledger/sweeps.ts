/** What the ledger keeps of sweeps: which accounts are due, who owns what is found there, and what nobody owns. */
import type { VendorAccountSpec } from "../../crds/kinds.gen.ts";
import type { Ownership, SweepFacts, SweepTold, Unaccounted } from "../domain/sweep.ts";
import { LOOKS_MS } from "../domain/tombstone.ts";
import type { Instant, Snapshot } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import { type Db, statement } from "./db.ts";
import { OVERTAKEN } from "./settle-restored.ts";

const DUE = statement("due_sweeps");
const OWNERS = statement("sweep_owners");
const RECORD = statement("record_sweep");
const LIST = statement("list_sweeps");
const NOW = statement("sweep_now");
const WATCH = statement("watch_again");

export interface DueSweep {
  readonly account: string;
  readonly generation: number;
  readonly spec: VendorAccountSpec;
  /** One Credential for each different issuer block, with as much of its spec as an issuer is opened with. */
  readonly issuers: readonly Snapshot["credential"][];
}

export interface SweepView extends SweepTold {
  readonly account: string;
  readonly adapter: string;
  readonly nextSweepAt: Instant | null;
}

export async function dueSweeps(db: Db, most: number): Promise<DueSweep[]> {
  return db.query<DueSweep>(DUE, [most]);
}

/** Asked after the vendor was: what is minted later is not in the vendor's answer. */
export async function ownersOf(
  db: Db,
  account: string,
  ids: readonly string[],
  attempts: readonly string[],
): Promise<Ownership[]> {
  return ids.length === 0 ? [] : db.query<Ownership>(OWNERS, [account, ids, attempts, OVERTAKEN]);
}

/** True when what nobody owns is not what it was. */
export async function recordSweep(
  db: Db,
  account: string,
  { found, facts }: { readonly found: readonly Unaccounted[]; readonly facts: SweepFacts },
  nextMs: number,
): Promise<boolean> {
  const [row] = await db.query<{ news: boolean }>(RECORD, [
    account,
    JSON.stringify(found),
    JSON.stringify(facts),
    nextMs,
  ]);
  return row?.news ?? false;
}

export async function listSweeps(db: Pick<Db, "query">, account?: string): Promise<SweepView[]> {
  return db.query<SweepView>(LIST, [account ?? null]);
}

/** All accounts, or only this one; where the last sweep is at least so old. */
export async function sweepNow(
  db: Db,
  { account, olderMs = 0 }: { readonly account?: string; readonly olderMs?: number } = {},
): Promise<void> {
  await db.query(NOW, [account ?? null, olderMs]);
}

/** The last look of a tombstone is made now, and again as long as it finds something. False: it has an owner by now. */
export async function watchAgain(db: Db, { id, attempt = "", credential }: Unaccounted): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.query<{ rotation: string }>(WATCH, [attempt, LOOKS_MS.length - 1]);
    const [row] = rows;
    if (row === undefined) return false;
    await appendInstallAudit(tx, [
      { event: "OrphanWatched", vendorId: id, attempt, credential, rotation: row.rotation },
    ]);
    return true;
  });
}
