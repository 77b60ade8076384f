import { setTimeout as after } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { freshLedger, type FreshLedger } from "../../../test/support/postgres.ts";
import { scheduledRequest } from "../../domain/schedule/request.ts";
import { specHash } from "../../domain/spec-hash.ts";
import { recordSchedules } from "../../ledger/schedules.ts";
import { dueScheduled } from "../../ledger/scheduled.ts";
import { syncSource } from "../../sources/sync.ts";
import { type CreateAnswer, type ScheduledObject, showScheduled } from "./scheduled.ts";

const NOW = "2026-11-27T08:00:00.000Z";
const SCHEDULE = { dueAt: NOW, startsAt: NOW, why: "Age", because: "every 90d" } as const;
const OWN = "system:serviceaccount:velvet:velvet";

let ledger: FreshLedger;
let stop: AbortController;
let created: ScheduledObject[];
let troubles: unknown[];
let taken: string[];
let answer: () => CreateAnswer;
let clock: number;
let running: Promise<void>;

beforeEach(async () => {
  ledger = await freshLedger();
  stop = new AbortController();
  [created, troubles, taken, clock] = [[], [], [], 0];
  answer = () => ({ is: "created" });
  running = Promise.resolve();
});

afterEach(async () => {
  stop.abort();
  await running;
  await ledger.drop();
});

function show(): void {
  const options = {
    db: ledger.db,
    create: async (object: ScheduledObject) => {
      created.push(object);
      return answer();
    },
    ownName: async () => OWN,
    onTrouble: (error: unknown) => troubles.push(error),
    onTaken: ({ key }: { readonly key: string }) => taken.push(key),
    monotonicMs: () => clock,
    random: () => 0,
    pollMs: 10,
  };
  running = showScheduled(options, stop.signal);
}

async function credentialFrom(kind: "kubernetes" | "git"): Promise<string> {
  const spec = { credentialName: "DB", environment: "test" };
  const origin = { path: "Credential/orders/db", line: 0, uid: "cluster-uid" };
  const document = { kind: "Credential", namespace: "orders", name: "db", spec, origin } as const;
  const look = { source: kind, kind, trust: "admission", problems: [] } as const;
  await syncSource(ledger.db, { ...look, documents: [document] });
  const { rows } = await ledger.pool.query<{ uid: string }>("select uid from velvet.object where kind = 'Credential'");
  return rows[0]?.uid ?? "";
}

async function ask(credential: string): Promise<string> {
  const request = scheduledRequest({ uid: credential, namespace: "orders", name: "db", failures: 0 }, SCHEDULE, NOW);
  const row = { credential, place: "orders/db", generation: 1, knownAt: null, dueAt: NOW, startsAt: NOW, because: "" };
  const order = {
    request,
    specHash: specHash(request.spec),
    trust: "admission",
    credential,
    generation: 1,
    dueAt: NOW,
  } as const;
  await recordSchedules(ledger.db, [{ ...row, due: true, waitsFor: "", nextLookAt: NOW }], [order]);
  return request.name;
}

const open = async (): Promise<number> => (await dueScheduled(ledger.db, 10)).length;
const done = async (): Promise<void> =>
  vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 5_000, interval: 5 });

/** What the watch of the cluster brings of the object. */
async function seen(name: string, spec: object): Promise<readonly string[]> {
  const path = `RotationRequest/orders/${name}`;
  const document = {
    kind: "RotationRequest",
    namespace: "orders",
    name,
    spec,
    origin: { path, line: 0, uid: "u2" },
  } as const;
  const look = { source: "kubernetes", kind: "kubernetes", trust: "claimed", problems: [] } as const;
  const report = await syncSource(ledger.db, { ...look, documents: [document], only: { gone: [], paths: [path] } });
  expect(report.requests).toBe(0);
  return report.problems.map(({ code }) => code);
}

it("makes one object, in the controller's own name, which its Credential owns and the ledger knows as the same request", async () => {
  const name = await ask(await credentialFrom("kubernetes"));
  show();
  await done();
  expect(created).toHaveLength(1);
  expect(created[0]).toMatchObject({
    metadata: { namespace: "orders", name, labels: { "velvet.raxx.app/scheduled": "true" } },
    spec: { requestedBy: OWN, credentialRef: { name: "db" } },
  });
  expect(created[0]?.metadata.ownerReferences).toMatchObject([{ kind: "Credential", uid: "cluster-uid" }]);
  const { spec } = created[0]!;
  // As an API server gives it back, with its defaults.
  expect(await seen(name, { ...spec, expect: "Alive", suspend: false })).toEqual([]);
  expect(await seen(name, { ...spec, expect: "Alive", reason: "another" })).toEqual(["RequestImmutable"]);
  const { rows } = await ledger.pool.query("select state, trust, spec ->> 'requestedBy' as by from velvet.request");
  expect(rows).toEqual([{ state: "pending", trust: "admission", by: "velvet:scheduler" }]);
});

it("waits for an API server that is away, and makes the object once when it answers", async () => {
  await ask(await credentialFrom("kubernetes"));
  answer = () => {
    throw new Error("away");
  };
  show();
  await vi.waitFor(() => expect(troubles).toHaveLength(1), { timeout: 5_000, interval: 5 });
  await after(50);
  expect([created.length, await open()]).toEqual([1, 1]);
  answer = () => ({ is: "created" });
  clock = 10_000;
  await done();
  expect(created).toHaveLength(2);
});

it("takes an object of the same name for its own where it asks for the same, and says where it does not", async () => {
  const name = await ask(await credentialFrom("kubernetes"));
  answer = () => ({ is: "taken", spec: { ...created[0]?.spec, expect: "Alive" } });
  show();
  await done();
  expect(taken).toEqual([]);
  await ledger.pool.query("select velvet.touch('Scheduled', 'orders/' || $1)", [name]);
  answer = () => ({ is: "taken", spec: { flow: "Revocation" } });
  await done();
  expect(taken).toEqual([`orders/${name}`]);
});

it("makes nothing for a Credential that stands in git, nor what the cluster has seen, nor where the Credential is gone", async () => {
  await ask(await credentialFrom("git"));
  expect(await open()).toBe(0);
  await ledger.pool.query("select velvet.touch('Scheduled', q.namespace || '/' || q.name) from velvet.request q");
  await ledger.pool.query("update velvet.object set present = false");
  show();
  await done();
  expect(created).toEqual([]);
});
