import { randomUUID } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { freshLedger, type FreshLedger } from "../../../test/support/postgres.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import { dropHolds, reportHold } from "../../ledger/holds.ts";
import { syncSource } from "../../sources/sync.ts";
import type { Announcement } from "./announcements.ts";
import { openProjector, type Projector } from "./project.ts";
import type { Status } from "./reading.ts";
import { openSubjects, type Subjects } from "./subjects.ts";

let ledger: FreshLedger;
let subjects: Subjects;
let projector: Projector;
let written: { path: string; status: Status }[];
let said: Announcement[];
let troubles: unknown[];
let refuse: (() => Promise<undefined>) | undefined;
let prune: (status: Status) => Status;
let fit: (status: Status) => Status;
let stop: AbortController;
let now: () => number;
let well: number;

beforeEach(async () => {
  ledger = await freshLedger();
  subjects = openSubjects();
  prune = (status) => status;
  fit = (status) => status;
  [now, well] = [() => performance.now(), 0];
  [written, said, troubles, refuse, stop] = [[], [], [], undefined, new AbortController()];
  projector = openProjector({
    db: ledger.db,
    source: "kubernetes",
    subjects,
    fit: (_, status) => fit(status),
    write: async ({ kind, namespace, name }, status) => {
      if (refuse) return refuse();
      written.push({ path: `${kind}/${namespace}/${name}`, status });
      return { stored: prune(status), resourceVersion: "2" };
    },
    announce: (announcement) => said.push(announcement),
    onTrouble: (error) => troubles.push(error),
    monotonicMs: () => now(),
    onWell: () => (well += 1),
    random: () => 0,
    pollMs: 20,
  });
  const running = projector.run(stop.signal);
  return async () => {
    stop.abort();
    await running;
    await ledger.drop();
  };
});

const SPEC = {
  credentialRef: { name: "orders-db" },
  flow: "Operational",
  expect: "Alive",
  reason: "quarterly",
  requestedBy: "ada",
};

function object(status?: unknown, generation = 1): ApiObject {
  const metadata = { name: "once", namespace: "orders", uid: "u1", resourceVersion: "1", generation };
  return { apiVersion: "velvet.raxx.app/v1alpha1", kind: "RotationRequest", metadata, spec: SPEC, status };
}

async function show(reason = "quarterly"): Promise<void> {
  const path = "RotationRequest/orders/once";
  const place = { kind: "RotationRequest", namespace: "orders", name: "once" } as const;
  const document = { ...place, spec: { ...SPEC, reason }, origin: { path, line: 0, uid: "u1" } };
  const look = { source: "kubernetes", kind: "kubernetes", trust: "admission", problems: [] } as const;
  await syncSource(ledger.db, { ...look, documents: [] });
  await syncSource(ledger.db, { ...look, documents: [document], only: { gone: [], paths: [path] } });
}

function see(status?: unknown, generation?: number): void {
  if (subjects.seen("RotationRequest", object(status, generation))) projector.nudge("RotationRequest/orders/once");
}

const conditions = (status: Status | undefined): Record<string, string> =>
  Object.fromEntries(
    ((status?.["conditions"] ?? []) as { type: string; status: string; reason: string }[]).map((one) => [
      one.type,
      `${one.status}/${one.reason}`,
    ]),
  );

async function times(count: number): Promise<void> {
  await vi.waitFor(() => expect(written.length).toBe(count), { timeout: 5_000, interval: 5 });
}

/** Two polls of the outbox. */
async function quiet(): Promise<void> {
  await after(60);
}

describe("the projection into a cluster", () => {
  it("shows a request that waits, with every stage unknown, and says so once", async () => {
    await show();
    see({ observedGeneration: -1 });
    await times(1);
    expect(written[0]?.status).toMatchObject({ observedGeneration: 1, trust: "admission" });
    expect(conditions(written[0]?.status)).toMatchObject({
      Ready: "False/Pending",
      Reconciling: "True/Pending",
      Accepted: "True/Accepted",
      Verified: "Unknown/NotReached",
      Revoked: "Unknown/NotReached",
    });
    expect(said).toMatchObject([{ type: "Normal", reason: "Pending" }]);
  });

  it("writes again only what has changed, and puts right what somebody else wrote", async () => {
    await show();
    see();
    await times(1);
    see(written[0]?.status);
    await show();
    await quiet();
    expect(written.length).toBe(1);
    see({ observedGeneration: 1, conditions: [{ type: "Ready", status: "True", reason: "Done" }] });
    await times(2);
    see({});
    await times(3);
    expect(written[2]?.status).toEqual(written[0]?.status);
  });

  it("does not write for ever what an API server with older CRDs leaves out", async () => {
    prune = (status) => Object.fromEntries(Object.entries(status).filter(([field]) => field !== "trust"));
    await show();
    see();
    await times(1);
    see(prune(written[0]?.status ?? {}));
    await quiet();
    expect(written.length).toBe(1);
  });

  it("shows in the object what is wrong with it, in the words of the offline check", async () => {
    await show();
    see();
    await times(1);
    await show("another reason");
    see(written[0]?.status, 2);
    await vi.waitFor(() =>
      expect(conditions(written.at(-1)?.status)).toMatchObject({
        Accepted: "False/RequestImmutable",
        Stalled: "True/RequestImmutable",
      }),
    );
    expect(said.at(-1)).toMatchObject({ type: "Warning", reason: "RequestImmutable" });
  });

  it("tries a status again that could not be written, and converges", async () => {
    refuse = async () => Promise.reject(new Error("the API server is away"));
    await show();
    see();
    await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(0));
    refuse = undefined;
    await times(1);
    await quiet();
    expect(written.length).toBe(1);
  });

  it("shows that nothing is started, and that it goes on again, although no object was touched", async () => {
    await show();
    see();
    await times(1);
    const hold = { reason: "LedgerRollback", message: "The ledger is behind.", published: {} } as const;
    await reportHold(ledger.db, "here", hold);
    await times(2);
    expect(written[1]?.status).toMatchObject({ holds: [{ reason: "LedgerRollback", place: "here" }] });
    expect(said.at(-1)).toMatchObject({ reason: "LedgerRollback" });
    see(written[1]?.status);
    await dropHolds(ledger.db, ["here"]);
    await times(3);
    expect(written[2]?.status).toEqual(written[0]?.status);
  });

  it("tries at once what rests, when it is told that the API server is back, and says when nothing rests any more", async () => {
    now = () => 0; // so that no rest ends by itself
    refuse = async () => Promise.reject(new Error("the API server is away"));
    await show();
    see();
    await vi.waitFor(() => expect(troubles.length).toBe(1));
    const before = well;
    refuse = undefined;
    await quiet();
    expect([written.length, well]).toEqual([0, before]);
    projector.retry();
    await times(1);
    await vi.waitFor(() => expect(well).toBeGreaterThan(before));
  });

  it("looks at each object again when it is told to, and writes what is written otherwise by then", async () => {
    await show();
    see();
    await times(1);
    see(written[0]?.status);
    fit = (status) => ({ ...status, consumersReady: "0/0" });
    projector.nudgeAll();
    await times(2);
    expect(written[1]?.status).toEqual({ ...written[0]?.status, consumersReady: "0/0" });
  });

  it("leaves alone what is gone", async () => {
    await show();
    see();
    await times(1);
    subjects.gone("RotationRequest/orders/once");
    await show("another reason");
    await quiet();
    expect(written.length).toBe(1);
    const [row] = await ledger.db.query<{ due: number }>({
      name: "due",
      text: "select count(*)::int as due from velvet.outbox where delivered < version",
    });
    expect(row?.due).toBe(0);
  });

  it("echoes that a person asked for a look", async () => {
    await show();
    const asked = object();
    const annotations = { "velvet.raxx.app/requestedAt": randomUUID() };
    const annotated = { ...asked, metadata: { ...asked.metadata, annotations } };
    subjects.seen("RotationRequest", annotated);
    projector.nudge("RotationRequest/orders/once");
    await times(1);
    expect(written[0]?.status).toMatchObject({ lastHandledReconcileAt: annotations["velvet.raxx.app/requestedAt"] });
  });
});
