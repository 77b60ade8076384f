/**
 * Singletons: at most one replica does a thing (reliability.md, section 3). The database's clock decides, a claim's own uuid renews, and
 * a transaction that writes under a lease guards it, so that a replica that was asleep cannot write after it was replaced (I10).
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../adapters/contract.ts";
import { type Db, statement } from "./db.ts";

const CLAIM_LEASE = statement("claim_lease");
const RENEW_LEASE = statement("renew_lease");
const RELEASE_LEASE = statement("release_lease");
const GUARD_LEASE = statement("guard_lease");

export interface Lease {
  /** `source:<name>`, `scheduler`. */
  readonly name: string;
  /** One uuid for each claim, never for each owner: one process must not hold a lease twice. */
  readonly claim: string;
  /** Grows with every claim. */
  readonly fence: number;
}

/** Another claim holds the lease: stop, and write nothing more under it. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export interface LeaseOrder {
  readonly name: string;
  /** A fresh uuid. */
  readonly claim: string;
  /** For people: which replica. */
  readonly owner: string;
  readonly ttlMs: number;
}

/** Takes the lease where it is free or has run out. Nothing: another one holds it. */
export async function claimLease(db: Db, order: LeaseOrder): Promise<Lease | undefined> {
  const [row] = await db.query<{ fence: number }>(CLAIM_LEASE, [order.name, order.claim, order.owner, order.ttlMs]);
  return row === undefined ? undefined : { name: order.name, claim: order.claim, fence: row.fence };
}

/** Prolongs the lease; false when another one has it. A lease that ran out and that nobody took is still ours. */
export async function renewLease(db: Db, lease: Lease, ttlMs: number): Promise<boolean> {
  const rows = await db.query(RENEW_LEASE, [lease.name, lease.claim, ttlMs]);
  return rows.length === 1;
}

/** Gives the lease back at once. Nothing happens when another one has it. */
export async function releaseLease(db: Db, lease: Lease): Promise<void> {
  await db.query(RELEASE_LEASE, [lease.name, lease.claim]);
}

/** Inside a transaction: the lease is ours and stays so until the transaction ends. Throws `LeaseLost`. */
export async function guardLease(tx: Db, lease: Lease): Promise<void> {
  const rows = await tx.query(GUARD_LEASE, [lease.name, lease.claim]);
  if (rows.length === 0) throw new LeaseLost(`the lease ${lease.name} has another holder`);
}

/** A lease that renews itself three times within its term. */
export interface HeldLease {
  readonly lease: Lease;
  /** Aborts when the lease is lost, or when it could not be renewed for most of its term. */
  readonly lost: AbortSignal;
  /** Stops renewing and gives the lease back. Never throws: a lease that cannot be given back runs out. */
  release(): Promise<void>;
}

/** Claims a lease and keeps it. Nothing: another one holds it. */
export async function holdLease(db: Db, order: LeaseOrder, clock: Clock): Promise<HeldLease | undefined> {
  const claimedAt = clock.monotonicMs();
  const lease = await claimLease(db, order);
  if (lease === undefined) return undefined;
  const lost = new AbortController();
  const stop = new AbortController();
  const renewing = keepRenewing(db, lease, { ttlMs: order.ttlMs, clock, claimedAt, stop: stop.signal, lost });
  return {
    lease,
    lost: lost.signal,
    release: async () => {
      stop.abort();
      await renewing;
      await releaseLease(db, lease).catch(() => undefined);
    },
  };
}

interface Renewing {
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly claimedAt: number;
  readonly stop: AbortSignal;
  readonly lost: AbortController;
}

async function keepRenewing(db: Db, lease: Lease, { ttlMs, clock, claimedAt, stop, lost }: Renewing): Promise<void> {
  let renewedAt = claimedAt;
  while (!stop.aborted && !lost.signal.aborted) {
    await sleep(ttlMs / 3, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    const asked = clock.monotonicMs();
    const renewed = await renewLease(db, lease, ttlMs).catch(() => undefined);
    if (renewed === true) renewedAt = asked;
    // Not false but unknown: the ledger did not answer. It is still ours for the rest of its term.
    else if (renewed === false || clock.monotonicMs() - renewedAt > ttlMs * 0.8) lost.abort(new LeaseLost(lease.name));
  }
}
