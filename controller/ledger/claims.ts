import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** The right to work on one rotation, until the lease runs out or the fence moves on. */
export interface Claim {
  readonly id: string;
  readonly fence: number;
  /** This claim's own uuid: a renewal matches it, never the owner's name. */
  readonly claim: string;
  readonly chainSeq: number;
  readonly chainHash: Buffer;
}

const CLAIM = statement("claim_rotations");
const RENEW = statement("renew_claims");

/** Claims up to `most` due rotations for `leaseMs`. Any number of replicas may call this at once. */
export async function claimRotations(db: Db, by: string, most: number, leaseMs: number): Promise<Claim[]> {
  return db.query<Claim>(CLAIM, [most, by, leaseMs]);
}

const SEIZE = statement("seize_rotation");

/**
 * Takes the credential's live rotation from whoever holds it, to end it in this transaction: what its holder does from now on is fenced.
 * Undefined: none is live, or a Revocation is.
 */
export async function seizeRotation(
  tx: Db,
  credential: string,
  { claim, by, leaseMs }: { readonly claim: string; readonly by: string; readonly leaseMs: number },
): Promise<Claim | undefined> {
  const [row] = await tx.query<Claim>(SEIZE, [credential, claim, by, leaseMs]);
  return row;
}

/** Renews for `leaseMs` from now, and returns those that are still held. */
export async function renewClaims(db: Db, claims: readonly string[], leaseMs: number): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ claim: string }>(RENEW, [claims, leaseMs]);
  return new Set(rows.map((row) => row.claim));
}
