import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { freshLedger, type FreshLedger } from "../../../test/support/postgres.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import { claimLease, type Lease, LeaseLost, releaseLease } from "../../ledger/lease.ts";
import type { Trust } from "../look.ts";
import type { SyncReport } from "../sync.ts";
import { openIntake, type Intake } from "./intake.ts";

let ledger: FreshLedger;
let lease: Lease;
let reports: SyncReport[];
let trust: Trust;

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
  return async () => ledger.drop();
});

function intake(lists: readonly string[] = ["all"]): Intake {
  return openIntake({
    db: ledger.db,
    lease,
    lists,
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
  it("writes nothing before every list is whole, and executes nothing of what a new ledger finds", async () => {
    const into = intake(["a", "b"]);
    await into.take("a", "RotationRequest", [seen(request("old"))], true);
    await into.take("b", "RotationDecision", [], false);
    expect(await requests()).toEqual([]);
    await into.take("b", "RotationDecision", [], true);
    expect(await requests()).toMatchObject([{ name: "old", state: "baseline" }]);
    await into.take("a", "RotationRequest", [seen(request("new"))], false);
    expect(await requests()).toMatchObject([
      { name: "new", state: "pending", trust: "admission" },
      { name: "old", state: "baseline" },
    ]);
    expect(reports.map(({ baseline }) => baseline)).toEqual([true, false]);
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
