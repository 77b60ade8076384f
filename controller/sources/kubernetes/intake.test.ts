import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { freshLedger, type FreshLedger } from "../../../test/support/postgres.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import { claimLease, type Lease, LeaseLost, releaseLease } from "../../ledger/lease.ts";
import type { Db } from "../../ledger/db.ts";
import { SourceFailure } from "../failure.ts";
import type { Trust } from "../look.ts";
import { failSource, readSource, touchSource } from "../state.ts";
import type { SyncReport } from "../sync.ts";
import { openIntake, type Intake } from "./intake.ts";

let ledger: FreshLedger;
let lease: Lease;
let reports: SyncReport[];
let trust: Trust;
let ill: boolean;

beforeEach(async () => {
  ledger = await freshLedger();
  const claimed = await claimLease(ledger.db, {
    name: randomUUID(),
    claim: randomUUID(),
    owner: "here",
    ttlMs: 60_000,
  });
  if (claimed === undefined) throw new Error("a fresh lease is free");
  lease = claimed;
  reports = [];
  trust = "admission";
  ill = false;
  return async () => ledger.drop();
});

function intake(lists: readonly string[] = ["all"], db: Db = ledger.db): Intake {
  return openIntake({
    db,
    isIll: () => ill,
    lease,
    lists: lists.map((name) => ({ name, kind: name === "b" ? "RotationDecision" : "RotationRequest" })),
    context: async () => ({ environment: "production", trustOf: () => trust }),
    onSync: (report) => reports.push(report),
  });
}

function request(name: string, more: object = {}, meta: object = {}): ApiObject {
  return {
    apiVersion: "velvet.raxx.app/v1alpha1",
    kind: "RotationRequest",
    metadata: {
      name,
      namespace: "orders",
      uid: randomUUID(),
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: new Date().toISOString(),
      ...meta,
    },
    spec: {
      credentialRef: { name: "orders-db" },
      flow: "Operational",
      expect: "Alive",
      reason: "quarterly",
      requestedBy: "ada",
      suspend: false,
      ...more,
    },
  };
}

const seen = (object: ApiObject) => ({ key: `${object.metadata.namespace}/${object.metadata.name}`, object });

async function requests(): Promise<{ name: string; state: string; trust: string; uid: string; days: number }[]> {
  const text = `select name, state, trust, uid, extract(epoch from deadline - clock_timestamp()) / 86400 as days
    from velvet.request order by name`;
  return ledger.db.query({ name: "requests", text });
}

describe("the intake of a cluster's objects", () => {
  it("takes the first look page by page, and executes nothing of what a new ledger finds until the last list is whole", async () => {
    const into = intake(["a", "b"]);
    await into.take("a", "RotationRequest", [seen(request("old"))], false);
    expect(await requests()).toMatchObject([{ name: "old", state: "baseline" }]);
    await into.take("a", "RotationRequest", [seen(request("older"))], true);
    await into.take("a", "RotationRequest", [seen(request("meanwhile"))], false);
    await into.take("b", "RotationDecision", [], false);
    expect([await readSource(ledger.db, "kubernetes"), reports]).toMatchObject([{ baseline: false, ready: false }, []]);
    await into.take("b", "RotationDecision", [], true);
    expect(await readSource(ledger.db, "kubernetes")).toMatchObject({ baseline: true, ready: true });
    await into.take("a", "RotationRequest", [seen(request("new"))], false);
    expect((await requests()).map(({ name, state }) => [name, state])).toEqual([
      ["meanwhile", "baseline"],
      ["new", "pending"],
      ["old", "baseline"],
      ["older", "baseline"],
    ]);
    expect(reports.map(({ baseline, requests: count }) => [baseline, count])).toEqual([
      [true, 3],
      [false, 1],
    ]);
  });

  it("begins a first look anew that broke off, still without executing what it finds", async () => {
    await intake(["a", "b"]).take("a", "RotationRequest", [seen(request("before"))], true);
    const into = intake(["a", "b"]);
    await into.take("a", "RotationRequest", [seen(request("before")), seen(request("after"))], true);
    await into.take("b", "RotationDecision", [], true);
    expect((await requests()).map(({ name, state }) => [name, state])).toEqual([
      ["after", "baseline"],
      ["before", "baseline"],
    ]);
    expect(reports).toMatchObject([{ baseline: true, requests: 1 }]);
  });

  it("forgets what is not shown any more when its kind is whole, with its problems, and nothing before", async () => {
    const before = intake();
    await before.take("all", "RotationRequest", [], true);
    const broken = request("broken", { flow: "Sideways" });
    await before.take("all", "RotationRequest", [seen(request("gone")), seen(request("stays")), seen(broken)], false);
    const left = async () => {
      const shown = "select name from velvet.object where present order by name";
      const wrong = "select path from velvet.source_problem order by path";
      return [
        (await ledger.db.query<{ name: string }>({ name: "shown", text: shown })).map(({ name }) => name),
        (await ledger.db.query<{ path: string }>({ name: "wrong", text: wrong })).map(({ path }) => path),
      ];
    };
    const stays = seen(request("stays"));
    const again = intake(["a", "other", "b"]);
    await again.take("a", "RotationRequest", [stays, seen(request("vanishes"))], false);
    // Another page of the list, which was begun anew, does not show it.
    await again.take("a", "RotationRequest", [{ key: "orders/vanishes", object: undefined }], true);
    await again.take("a", "RotationRequest", [seen(request("comes"))], false);
    expect(await left()).toEqual([["comes", "gone", "stays"], ["RotationRequest/orders/broken"]]);
    await again.take("other", "RotationRequest", [], true);
    expect(await left()).toEqual([["comes", "stays"], []]);
    await again.take("b", "RotationDecision", [], true);
    expect(reports.at(-1)).toMatchObject({ baseline: false, removed: 2, requests: 2 });
  });

  it("does the whole of a batch again when the ledger failed in the middle of its end", async () => {
    const first = intake();
    await first.take("all", "RotationRequest", [seen(request("gone"))], true);
    let fails = 1;
    const db: Db = {
      ...ledger.db,
      query: async (asked, values) => {
        if (asked.name === "source_paths" && (fails -= 1) >= 0) throw new Error("the ledger is away");
        return ledger.db.query(asked, values);
      },
    };
    const again = intake(["all"], db);
    await expect(again.take("all", "RotationRequest", [seen(request("stays"))], true)).rejects.toThrow("away");
    await again.take("all", "RotationRequest", [seen(request("stays"))], true);
    const text = "select name, present from velvet.object order by name";
    expect(await ledger.db.query({ name: "objects", text })).toEqual([
      { name: "gone", present: false },
      { name: "stays", present: true },
    ]);
  });

  it("leaves alone what the source's row says where something else is wrong with it", async () => {
    ill = true;
    const into = intake();
    const failure = new SourceFailure("KubernetesForbidden", "Not allowed.", "Allow it.");
    await failSource(ledger.db, { name: "kubernetes", kind: "kubernetes" }, failure);
    await into.take("all", "RotationRequest", [seen(request("old"))], true);
    const row = { baseline: true, ready: false, reason: "KubernetesForbidden" };
    expect(await readSource(ledger.db, "kubernetes")).toMatchObject(row);
    await touchSource(ledger.db, "kubernetes");
    expect(await readSource(ledger.db, "kubernetes")).toMatchObject({ ready: true, reason: "Synced" });
  });

  it("takes an object that was deleted and made again under its name for the same request", async () => {
    const into = intake();
    await into.take("all", "RotationRequest", [], true);
    const first = request("once");
    await into.take("all", "RotationRequest", [seen(first)], false);
    const [known] = await requests();
    await into.take("all", "RotationRequest", [{ key: "orders/once", object: undefined }], false);
    await into.take("all", "RotationRequest", [seen(request("once"))], false);
    expect(await requests()).toMatchObject([{ name: "once", state: "pending", uid: known?.uid }]);
    expect(reports.map(({ requests, removed }) => [requests, removed])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
  });

  it("says of a name that comes with another spec that it cannot change, and forgets that when it comes as before", async () => {
    const into = intake();
    await into.take("all", "RotationRequest", [], true);
    await into.take("all", "RotationRequest", [seen(request("once"))], false);
    await into.take("all", "RotationRequest", [seen(request("once", { reason: "another" }))], false);
    expect(reports.at(-1)?.problems).toMatchObject([{ path: "RotationRequest/orders/once", code: "RequestImmutable" }]);
    await into.take("all", "RotationRequest", [seen(request("other", { flow: "Sideways" }))], false);
    const paths = async (): Promise<string[]> => {
      const text = "select path from velvet.source_problem order by path";
      const rows = await ledger.db.query<{ path: string }>({ name: "paths", text });
      return rows.map(({ path }) => path);
    };
    expect(await paths()).toEqual(["RotationRequest/orders/once", "RotationRequest/orders/other"]);
    await into.take("all", "RotationRequest", [seen(request("once"))], false);
    expect(await paths()).toEqual(["RotationRequest/orders/other"]);
    await into.take("all", "RotationRequest", [{ key: "orders/other", object: undefined }], false);
    expect(await paths()).toEqual([]);
  });

  it("reckons the deadline of a request from when it was made, not from when it was seen", async () => {
    const into = intake();
    await into.take("all", "RotationRequest", [], true);
    const long = new Date(Date.now() - 8 * 86_400_000).toISOString();
    await into.take("all", "RotationRequest", [seen(request("stale", {}, { creationTimestamp: long }))], false);
    const [row] = await requests();
    expect(Number(row?.days)).toBeCloseTo(-1, 1);
  });

  it("keeps the trust that each object has by itself", async () => {
    const into = intake();
    await into.take("all", "RotationRequest", [], true);
    await into.take("all", "RotationRequest", [seen(request("a"))], false);
    trust = "claimed";
    await into.take("all", "RotationRequest", [seen(request("b"))], false);
    expect((await requests()).map((row) => [row.name, row.trust])).toEqual([
      ["a", "admission"],
      ["b", "claimed"],
    ]);
  });

  it("writes nothing once another replica watches", async () => {
    const into = intake();
    await into.take("all", "RotationRequest", [], true);
    await releaseLease(ledger.db, lease);
    await claimLease(ledger.db, { name: lease.name, claim: randomUUID(), owner: "there", ttlMs: 60_000 });
    await expect(into.take("all", "RotationRequest", [seen(request("late"))], false)).rejects.toThrow(LeaseLost);
    expect(await requests()).toEqual([]);
  });
});
