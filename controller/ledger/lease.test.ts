import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import type { Db } from "./db.ts";
import { claimLease, guardLease, holdLease, LeaseLost, type LeaseOrder, releaseLease, renewLease } from "./lease.ts";

let ledger: FreshLedger;
beforeAll(async () => {
  ledger = await freshLedger();
});
afterAll(async () => ledger.drop());

const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
const order = (name: string, ttlMs = 60_000): LeaseOrder => ({ name, claim: randomUUID(), owner: "test", ttlMs });

it("has one holder until it runs out, and the fence grows with every claim", async () => {
  const first = await claimLease(ledger.db, order("a"));
  expect(first?.fence).toBe(1);
  expect(await claimLease(ledger.db, order("a"))).toBeUndefined();
  const short = await claimLease(ledger.db, order("b", 0));
  expect(short?.fence).toBe(1);
  expect((await claimLease(ledger.db, order("b")))?.fence).toBe(2);
});

it("is claimed by exactly one of many who try at once", async () => {
  const claims = await Promise.all(Array.from({ length: 10 }, async () => claimLease(ledger.db, order("rush"))));
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
});

it("is renewed and given back only by the claim that holds it", async () => {
  const stale = await claimLease(ledger.db, order("c", 0));
  if (stale === undefined) throw new Error("not claimed");
  expect(await renewLease(ledger.db, stale, 0)).toBe(true);
  const current = await claimLease(ledger.db, order("c"));
  expect(await renewLease(ledger.db, stale, 60_000)).toBe(false);
  await releaseLease(ledger.db, stale);
  expect(await claimLease(ledger.db, order("c"))).toBeUndefined();
  if (current === undefined) throw new Error("not claimed");
  await releaseLease(ledger.db, current);
  expect((await claimLease(ledger.db, order("c")))?.fence).toBe(3);
});

it("cannot be taken while a transaction guards it, even when it has run out", async () => {
  const lease = await claimLease(ledger.db, order("d", 0));
  if (lease === undefined) throw new Error("not claimed");
  const events: string[] = [];
  let claiming: Promise<unknown> = Promise.resolve();
  await ledger.db.transaction(async (tx) => {
    await guardLease(tx, lease);
    claiming = claimLease(ledger.db, order("d")).then(() => events.push("claimed"));
    await waitingForLock();
    events.push("written");
  });
  await claiming;
  expect(events).toEqual(["written", "claimed"]);
  await expect(ledger.db.transaction(async (tx) => guardLease(tx, lease))).rejects.toThrow(LeaseLost);
});

async function waitingForLock(): Promise<void> {
  const deadline = performance.now() + 10_000;
  const sql = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await ledger.pool.query(sql)).rowCount === 0)
    if (performance.now() > deadline) throw new Error("nobody waits for the lease");
}

it("renews itself, and says when another one has taken it", async () => {
  const held = await holdLease(ledger.db, order("e", 120), clock);
  if (held === undefined) throw new Error("not claimed");
  const lost = once(held.lost, "abort");
  await ledger.pool.query("update velvet.lease set claim = gen_random_uuid() where name = 'e'");
  await lost;
  expect(held.lost.reason).toBeInstanceOf(LeaseLost);
  await held.release();
});

it("counts as lost before it runs out when the ledger no longer answers", async () => {
  let away = false;
  const db: Db = {
    query: async (statement, values) => (away ? Promise.reject(new Error("away")) : ledger.db.query(statement, values)),
    transaction: async (work) => ledger.db.transaction(work),
  };
  const claimed = performance.now();
  const held = await holdLease(db, order("f", 300), clock);
  if (held === undefined) throw new Error("not claimed");
  away = true;
  await once(held.lost, "abort");
  expect(performance.now() - claimed).toBeGreaterThan(200);
  await held.release();
});

it("is free at once when it is given back", async () => {
  const held = await holdLease(ledger.db, order("g"), clock);
  await held?.release();
  expect((await claimLease(ledger.db, order("g")))?.fence).toBe(2);
});
