import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Db } from "../../controller/ledger/db.ts";
import type { Source } from "../../controller/sources/look.ts";
import { type RunOptions, runSource } from "../../controller/sources/poll.ts";
import { acceptHistory, readSource } from "../../controller/sources/state.ts";
import type { SyncReport } from "../../controller/sources/sync.ts";
import { sourceOf } from "./looks.ts";
import { credentialText, requestText } from "./manifests.ts";
import { type TestRemote, testRemote } from "./remote.ts";
import type { ReplicaOptions } from "./replica.ts";
import { gitHttp } from "./servers.ts";
import { ledgerForSyncs } from "./syncs.ts";

const at = ledgerForSyncs();
let remote: TestRemote;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  remote = await testRemote();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await remote.remove();
});

/** A replica in this program. Waits for things that happen, in the order in which they happen. */
function replica(source: Source, more: Partial<RunOptions> = {}) {
  const controller = new AbortController();
  const reports = queue<SyncReport>();
  const failures = queue<unknown>();
  let wake = (): void => undefined;
  const running = runSource(source, {
    db: at.db,
    clock: { now: () => new Date(), monotonicMs: () => performance.now() },
    signal: controller.signal,
    interval: 3_600_000,
    owner: "test",
    newId: randomUUID,
    random: Math.random,
    onChange: reports.push,
    onFailure: failures.push,
    hint: (ring) => (wake = ring),
    ...more,
  });
  const stop = async () => {
    controller.abort();
    await running.done;
  };
  stops.push(stop);
  return { ...running, stop, reports, failures, wake: () => wake() };
}

function queue<T>() {
  const items: T[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    items,
    push: (item: T): void => {
      items.push(item);
      arrived.resolve();
    },
    next: async (): Promise<T> => {
      if (items.length === 0) await arrived.promise;
      arrived = Promise.withResolvers();
      const [item] = items.splice(0, 1);
      if (item === undefined) throw new Error("woken for nothing");
      return item;
    },
  };
}

const source = (more: Parameters<typeof sourceOf>[1] = {}) => sourceOf(remote, { name: at.source(), ...more });
const orders = () => at.here();

/** For what only the ledger shows: asks until it is so. */
async function eventually(so: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await so())) if (performance.now() > deadline) throw new Error("it never came to pass");
}

it("brings the branch into the ledger, and a merge as soon as it is hinted at", async () => {
  await remote.commit({ [`teams/${orders()}/old.yaml`]: requestText("old") });
  const one = replica(source());
  await one.first;
  expect(await one.reports.next()).toMatchObject({ baseline: true, requests: 1 });
  const merged = await remote.commit({ [`teams/${orders()}/new.yaml`]: requestText("new") });
  one.wake();
  expect(await one.reports.next()).toMatchObject({ baseline: false, requests: 1, cursor: merged });
  expect((await at.requests()).map((row) => [row.name, row.state])).toEqual([
    ["new", "pending"],
    ["old", "baseline"],
  ]);
});

it("finds a merge by itself within the interval", async () => {
  await remote.commit({ [`teams/${orders()}/db.yaml`]: credentialText("db") });
  const one = replica(source(), { interval: 50 });
  await one.reports.next();
  await remote.commit({ [`teams/${orders()}/db.yaml`]: null });
  expect(await one.reports.next()).toMatchObject({ removed: 1 });
});

it("says since when the remote is away, changes nothing meanwhile, and recovers", async () => {
  await remote.commit({ [`teams/${orders()}/db.yaml`]: credentialText("db") });
  const one = replica(source(), { interval: 20 });
  await one.reports.next();
  await remote.hide();
  expect(await one.failures.next()).toMatchObject({ reason: "NotARepository" });
  const away = await readSource(at.db, at.source());
  expect(away).toMatchObject({ ready: false, reason: "NotARepository" });
  await one.failures.next();
  expect((await readSource(at.db, at.source()))?.changedAt).toEqual(away?.changedAt);
  expect((await at.objects()).map((row) => row.present)).toEqual([true]);
  await remote.restore();
  await eventually(async () => (await readSource(at.db, at.source()))?.ready === true);
});

it("waits longer after each failure", async () => {
  const waits: number[] = [];
  const enough = Promise.withResolvers<void>();
  replica(source(), {
    interval: 8,
    random: () => 0.5,
    onFailure: (_, wait) => {
      waits.push(wait);
      if (waits.length === 4) enough.resolve();
    },
  });
  await enough.promise;
  expect(waits.slice(0, 4)).toEqual([6, 12, 24, 48]);
});

it("stops at a rewritten history until it is accepted", async () => {
  const base = await remote.commit({ [`teams/${orders()}/db.yaml`]: credentialText("db") });
  await remote.commit({ [`teams/${orders()}/b.yaml`]: requestText("b") });
  const one = replica(source(), { interval: 20 });
  await one.reports.next();
  await remote.git("reset", "--quiet", "--hard", base);
  const forced = await remote.commit({ [`teams/${orders()}/c.yaml`]: requestText("c") });
  expect(await one.failures.next()).toMatchObject({ reason: "HistoryRewritten" });
  expect((await at.requests()).map((row) => row.name)).toEqual(["b"]);
  const row = await readSource(at.db, at.source());
  expect(row?.message).toContain(forced);
  expect(row?.message).toContain(row?.cursor);
  expect(await acceptHistory(at.db, at.source(), forced)).toBe(true);
  expect(await one.reports.next()).toMatchObject({ cursor: forced, requests: 1 });
});

it("tries again when the ledger fails, and its first sync comes then", async () => {
  await remote.commit({ [`teams/${orders()}/db.yaml`]: credentialText("db") });
  let left = 3;
  const failing = async <T>(work: () => Promise<T>): Promise<T> => {
    left -= 1;
    if (left >= 0) throw new Error("the ledger is away");
    return work();
  };
  const db: Db = {
    query: async (statement, values) => failing(async () => at.db.query(statement, values)),
    transaction: async (work) => failing(async () => at.db.transaction(work)),
  };
  const one = replica(source(), { db, interval: 20 });
  await one.first;
  expect(one.failures.items).toHaveLength(3);
  expect(await one.reports.next()).toMatchObject({ baseline: true });
});

it("rejects the first sync when it is stopped before", async () => {
  const one = replica(source());
  await one.failures.next();
  await one.stop();
  await expect(one.first).rejects.toThrow("stopped before");
});

describe("two replicas", () => {
  const looks = (inner: Source, counted: { looks: number }): Source => ({
    ...inner,
    look: async (cursor, signal) => {
      counted.looks += 1;
      return inner.look(cursor, signal);
    },
  });

  it("take turns: the second stands by, knows of the first sync, and takes over at once when the first stops", async () => {
    await remote.commit({ [`teams/${orders()}/db.yaml`]: credentialText("db") });
    const a = replica(source(), { leaseMs: 60_000 });
    await a.first;
    const counted = { looks: 0 };
    const b = replica(looks(source({ cacheFolder: join(remote.folder, "cache-b") }), counted), { leaseMs: 60_000 });
    await b.first;
    expect(counted.looks).toBe(0);
    await a.stop();
    await remote.commit({ [`teams/${orders()}/b.yaml`]: credentialText("b") });
    b.wake();
    expect(await b.reports.next()).toMatchObject({ changed: 1 });
    expect(counted.looks).toBe(1);
  });

  it("keep their lease through a look that takes longer than its term", async () => {
    await remote.commit({ [`teams/${orders()}/db.yaml`]: credentialText("db") });
    const inner = source();
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slow: Source = {
      ...inner,
      look: async (cursor, signal) => {
        begun.resolve();
        await goOn.promise;
        return inner.look(cursor, signal);
      },
    };
    const a = replica(slow, { leaseMs: 300 });
    await begun.promise;
    const sql = "select fence, lease_until > clock_timestamp() as held, lease_until from velvet.lease where name = $1";
    const lease = async () =>
      (await at.rows<{ fence: number; held: boolean; lease_until: Date }>(sql, [`source:${at.source()}`]))[0];
    const first = await lease();
    const counted = { looks: 0 };
    replica(looks(source({ cacheFolder: join(remote.folder, "cache-b") }), counted), { leaseMs: 300 });
    await eventually(
      async () => ((await lease())?.lease_until.getTime() ?? 0) > (first?.lease_until.getTime() ?? 0) + 600,
    );
    expect(counted.looks).toBe(0);
    goOn.resolve();
    await a.reports.next();
    expect((await lease())?.fence).toBe(first?.fence);
  });

  it("killed in the middle of a fetch: the next one takes over the lease and the half-made cache", async () => {
    await remote.commit({ [`teams/${orders()}/db.yaml`]: credentialText("db") });
    let posts = 0;
    const fetching = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const server = await gitHttp(remote.folder, {
      onRequest: async (request) => {
        if (request.method === "POST") posts += 1;
        if (posts !== 3) return;
        fetching.resolve();
        await goOn.promise;
      },
    });
    stops.push(async () => server.close());
    const url = `http://127.0.0.1:${server.port}/remote.git`;
    const cacheFolder = join(remote.folder, "cache");
    const options: ReplicaOptions = { databaseUrl: at.url, url, cacheFolder, source: at.source(), leaseMs: 1_000 };
    const child = spawn(process.execPath, [join(import.meta.dirname, "replica.ts"), JSON.stringify(options)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await fetching.promise;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    goOn.resolve();
    const b = replica(source({ url, cacheFolder }), { leaseMs: 1_000 });
    expect(await b.reports.next()).toMatchObject({ baseline: true, changed: 1 });
    const [lease] = await at.rows<{ fence: number }>("select fence from velvet.lease where name = $1", [
      `source:${at.source()}`,
    ]);
    expect(lease?.fence).toBe(2);
  });
});
