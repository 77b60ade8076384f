import type { Residual } from "../../adapters/contract.ts";
import type { Snapshot } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** A retired id that something is to be done with now, held by one replica. */
export interface RetiredClaim {
  readonly credential: string;
  readonly vendorId: string;
  readonly rotation: string;
  readonly state: "quarantined" | "live" | "restored";
  readonly wish: "destroy" | "restore";
  readonly fence: number;
  readonly tries: number;
  readonly snapshot: Snapshot;
}

const CLAIM = statement("claim_retired");
const ENDED = statement("retired_ended");
const POSTPONED = statement("retired_postponed");

export async function claimRetired(db: Db, most: number, leaseMs: number): Promise<RetiredClaim[]> {
  return db.query<RetiredClaim>(CLAIM, [most, leaseMs]);
}

/** With its audit row. A claim that was lost changes nothing: whoever holds it now finds the id as we left it. */
export async function retiredEnded(
  db: Db,
  claim: RetiredClaim,
  state: "destroyed" | "restored",
  residual: readonly Residual[],
): Promise<void> {
  await db.transaction(async (tx) => {
    const { credential, vendorId, rotation, fence } = claim;
    const rows = await tx.query(ENDED, [credential, vendorId, fence, state, JSON.stringify(residual)]);
    if (rows.length === 0) return;
    const event = state === "destroyed" ? "RetiredDestroyed" : "RetiredRestored";
    await appendInstallAudit(tx, [{ event, credential, vendorId, rotation, residual }]);
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
