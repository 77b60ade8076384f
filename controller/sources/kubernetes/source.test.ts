import { randomUUID } from "node:crypto";
import { expect, it, vi } from "vitest";
import { type FreshLedger, freshLedger } from "../../../test/support/postgres.ts";
import { clientOf } from "../../kubernetes/cluster.fixture.ts";
import { SYSTEM_CLOCK } from "../../kubernetes/clock.ts";
import { openComeback } from "../../kubernetes/comeback.ts";
import { FakeApiServer } from "../../kubernetes/fake-api-server.fixture.ts";
import { readSource } from "../state.ts";
import { openHealth } from "./health.ts";
import { SOURCE } from "./intake.ts";
import { runKubernetesSource } from "./source.ts";

const REQUESTS = "apis/velvet.raxx.app/v1alpha1/rotationrequests";
const LEASE_MS = 600_000;

/** Nobody can guard the lease of the source while `work` runs: who writes under it waits. */
async function whileHeldUp({ db }: FreshLedger, work: () => Promise<void>): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query({ name: "held-up", text: "select from velvet.lease for update" });
    await work();
  });
}

it("goes on to say that the API server is away, where what was seen before is written after it went", async () => {
  await using fake = await FakeApiServer.start();
  const ledger = await freshLedger();
  await using client = await clientOf(fake.url);
  const stop = new AbortController();
  const onFailure = (): void => undefined;
  const random = (): number => 0.5;
  const health = openHealth({ db: ledger.db, source: SOURCE, onFailure, onIll: onFailure });
  const running = runKubernetesSource({
    db: ledger.db,
    client,
    environment: "test",
    clock: SYSTEM_CLOCK,
    random,
    signal: stop.signal,
    owner: "here",
    newId: randomUUID,
    leaseMs: LEASE_MS,
    onSeen: onFailure,
    alongside: async () => undefined,
    onChange: onFailure,
    onFailure,
    health,
    comeback: openComeback({ client, clock: SYSTEM_CLOCK, random }),
    onPolicies: onFailure,
  });
  const state = async (): Promise<unknown> => {
    const row = await readSource(ledger.db, SOURCE);
    return row && { ready: row.ready, reason: row.reason };
  };
  const away = { ready: false, reason: "KubernetesUnavailable" };
  try {
    await running.first;
    await vi.waitFor(async () => expect(await state()).toEqual({ ready: true, reason: "Synced" }), 20_000);
    await fake.until(({ watches }) => watches.size === 4);
    await whileHeldUp(ledger, async () => {
      fake.store.put(REQUESTS, "orders/seen", { spec: {} });
      await vi.waitFor(async () => expect(await waiting(ledger)).toBe(1), 20_000);
      await fake.stop();
      await vi.waitFor(async () => expect(await state()).toEqual(away), 20_000);
    });
    await vi.waitFor(async () => expect(await seen(ledger)).toBeGreaterThan(0), 20_000);
    await vi.waitFor(async () => expect(await state()).toEqual(away), 20_000);
  } finally {
    stop.abort(new Error("the test is over"));
    await running.done;
    await ledger.drop();
  }
});

async function waiting({ db }: FreshLedger): Promise<number> {
  const text = `select count(*)::int as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  const [row] = await db.query<{ n: number }>({ name: "waiting", text });
  return row?.n ?? 0;
}

/** What was wrong with the request that was seen. */
async function seen({ db }: FreshLedger): Promise<number> {
  const [row] = await db.query<{ n: number }>({
    name: "seen",
    text: "select count(*)::int as n from velvet.source_problem",
  });
  return row?.n ?? 0;
}
