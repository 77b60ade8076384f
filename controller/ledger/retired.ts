import type { Residual } from "../../adapters/contract.ts";
import type { Snapshot } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** A retired id whose quarantine is over, held by one replica. */
export interface RetiredClaim {
  readonly credential: string;
  readonly vendorId: string;
  readonly rotation: string;
  readonly fence: number;
  readonly tries: number;
  readonly snapshot: Snapshot;
}

const CLAIM = statement("claim_retired");
const DESTROYED = statement("retired_destroyed");
const POSTPONED = statement("retired_postponed");

export async function claimRetired(db: Db, most: number, leaseMs: number): Promise<RetiredClaim[]> {
  return db.query<RetiredClaim>(CLAIM, [most, leaseMs]);
}

/** With its audit row. A claim that was lost changes nothing: whoever holds it now finds the id already gone. */
export async function retiredDestroyed(db: Db, claim: RetiredClaim, residual: readonly Residual[]): Promise<void> {
  await db.transaction(async (tx) => {
    const rows = await tx.query(DESTROYED, [claim.credential, claim.vendorId, claim.fence, JSON.stringify(residual)]);
    if (rows.length === 0) return;
    const { credential, vendorId, rotation } = claim;
    await appendInstallAudit(tx, [{ event: "RetiredDestroyed", credential, vendorId, rotation, residual }]);
  });
}

export async function retiredPostponed(
  db: Db,
  claim: RetiredClaim,
  waitMs: number,
  error: { readonly reason: string; readonly message: string },
): Promise<void> {
  await db.query(POSTPONED, [claim.credential, claim.vendorId, claim.fence, waitMs, JSON.stringify(error)]);
}
