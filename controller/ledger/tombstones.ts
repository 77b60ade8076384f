/** Tombstones: what may still come to light at a vendor. Each look is claimed by one replica, as rotations are. */
import type { KeyId } from "../../adapters/contract.ts";
import type { AttemptRow, Inventory, Snapshot } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

export interface TombstoneClaim {
  readonly id: string;
  readonly rotation: string;
  readonly attempt: string;
  readonly credential: string;
  readonly fence: number;
  readonly looks: number;
  readonly tries: number;
  readonly snapshot: Snapshot;
  readonly marker: string;
  readonly inventory: Inventory;
  readonly createdAt: string;
}

const CLAIM = statement("claim_tombstones");
const KNOWN = statement("known_ids");
const LOOKED = statement("tombstone_looked");
const POSTPONED = statement("tombstone_postponed");
const SUSPECT = statement("suspect_retired");
const TOUCH = statement("touch_outbox");
const OWNER = statement("attempt_owner");

export async function claimTombstones(db: Db, most: number, leaseMs: number): Promise<TombstoneClaim[]> {
  return db.query<TombstoneClaim>(CLAIM, [most, leaseMs]);
}

export interface Known {
  /** Every id of the credential that has an owner in the ledger. */
  readonly ids: ReadonlySet<KeyId>;
  /** Those that consumers hold, or are about to. */
  readonly used: ReadonlySet<KeyId>;
  /** Another attempt is open: what has no owner yet may be its own. */
  readonly minting: boolean;
}

/** Asked after the vendor was: what is minted later is not in the vendor's answer. */
export async function knownIds(db: Db, claim: TombstoneClaim): Promise<Known> {
  const [row] = await db.query<{ used: KeyId[]; known: KeyId[]; minting: boolean }>(KNOWN, [
    claim.credential,
    claim.attempt,
  ]);
  const { used = [], known = [], minting = true } = row ?? {};
  return { ids: new Set([...used, ...known]), used: new Set(used), minting };
}

export interface LookResult {
  readonly state: "watching" | "clear" | "orphan-suspected";
  /** Ended by this look. */
  readonly revoked: readonly KeyId[];
  /** For a person to look at. */
  readonly doubtful: readonly KeyId[];
  /** The doubtful ones become retired ids, which can be destroyed or marked. */
  readonly retire: boolean;
  readonly nextMs?: number;
  readonly counted: 0 | 1;
}

/** With its audit row. A claim that was lost changes nothing: whoever holds it now looks for itself. */
export async function tombstoneLooked(db: Db, claim: TombstoneClaim, result: LookResult): Promise<void> {
  const { id, fence, credential, rotation, attempt } = claim;
  const found = JSON.stringify([...result.revoked, ...result.doubtful]);
  await db.transaction(async (tx) => {
    const rows = await tx.query(LOOKED, [id, fence, result.state, found, result.nextMs ?? null, result.counted]);
    if (rows.length === 0) return;
    for (const vendorId of result.retire ? result.doubtful : [])
      await tx.query(SUSPECT, [credential, vendorId, rotation]);
    await tx.query(TOUCH, [rotation]);
    const event = { watching: "TombstoneLooked", clear: "TombstoneClear", "orphan-suspected": "OrphanSuspected" }[
      result.state
    ];
    const { revoked, doubtful } = result;
    await appendInstallAudit(tx, [{ event, credential, rotation, attempt, revoked, doubtful }]);
  });
}

/** A look that failed. With an audit row where a person is told of it for the first time. */
export async function tombstonePostponed(
  db: Db,
  claim: TombstoneClaim,
  { state, waitMs }: { readonly state: "watching" | "orphan-suspected"; readonly waitMs: number },
  error: { readonly reason: string; readonly message: string },
): Promise<void> {
  const { id, fence, credential, rotation, attempt } = claim;
  await db.transaction(async (tx) => {
    const rows = await tx.query(POSTPONED, [id, fence, waitMs, JSON.stringify(error), state]);
    if (rows.length === 0 || state === "watching") return;
    await tx.query(TOUCH, [rotation]);
    await appendInstallAudit(tx, [{ event: "OrphanSuspected", credential, rotation, attempt, reason: error.reason }]);
  });
}

export async function attemptOwner(
  db: Db,
  attempt: string,
): Promise<{ readonly state: AttemptRow["state"]; readonly vendorId: string | null } | undefined> {
  const [found] = await db.query<{ state: AttemptRow["state"]; vendorId: string | null }>(OWNER, [attempt]);
  return found;
}
