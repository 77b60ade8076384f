/** What objects show of a rotation, from views of the ledger that are made here. */
import { describe, expect, it } from "vitest";
import { gateDigest, snapshotHash } from "../../domain/gates.ts";
import type { ConsumerRow, RotationFacts, Snapshot } from "../../domain/world.ts";
import type { RotationView } from "../../ledger/views.ts";
import { credentialStatus } from "./credential-status.ts";
import { requestStatus, type ShownRequest } from "./request-status.ts";

const AT = "2026-03-01T10:00:00.000Z";
const LATER = "2026-03-01T10:05:00.000Z";
const LATEST = "2026-03-01T10:09:00.000Z";

const SNAPSHOT: Snapshot = {
  request: {
    namespace: "orders",
    name: "one",
    spec: { credentialRef: { name: "orders-db" }, flow: "Operational", reason: "drill", requestedBy: "ada" },
  },
  credential: {
    uid: "c1",
    namespace: "orders",
    name: "orders-db",
    generation: 1,
    spec: {
      credentialName: "ORDERS_DB",
      environment: "test",
      issuer: { account: "postgres" },
      readFrom: "app",
      consumers: [{ id: "app", account: "files", keys: [{ field: "url", name: "URL" }] }],
    },
  },
  accounts: {},
};

interface Told {
  readonly facts?: RotationFacts;
  readonly consumer?: Partial<ConsumerRow>;
  readonly rotation?: Partial<RotationView["rotation"]>;
}

function view({ facts = {}, consumer = {}, rotation = {} }: Told): RotationView {
  return {
    now: LATEST,
    rotation: {
      id: "r1",
      namespace: "orders",
      name: "one",
      credential: "c1",
      credentialName: "orders-db",
      flow: "Operational",
      expect: "Alive",
      state: "validated",
      snapshot: SNAPSHOT,
      snapshotHash: snapshotHash(SNAPSHOT),
      facts,
      createdAt: AT,
      changedAt: AT,
      deadline: "2026-03-08T10:00:00.000Z",
      ...rotation,
    },
    consumers: [{ id: "app", state: "working", touched: true, facts: {}, ...consumer }],
    attempts: [],
    decisions: [],
    retired: [],
    credential: { mintsToday: 0 },
    tombstones: [],
  };
}

const REQUEST: ShownRequest = {
  namespace: "orders",
  name: "one",
  state: "accepted",
  reason: "",
  message: "",
  trust: "admission",
  appearedAt: AT,
  changedAt: AT,
  deadline: "2026-03-08T10:00:00.000Z",
};

const requestOf = (rotation: RotationView, more: Partial<ShownRequest> = {}) =>
  requestStatus({ ...REQUEST, ...more, rotation }, [], 1, AT);

function credentialOf(rotation: RotationView | undefined) {
  const about = { uid: "c1", generation: 1, firstSeenAt: AT, currentId: "orders@3", retired: [] };
  return credentialStatus(rotation ? { ...about, rotation } : about, [], 1, AT);
}

function conditions(status: Readonly<Record<string, unknown>>) {
  const all = status["conditions"] as readonly { type: string; status: string; reason: string; message: string }[];
  return Object.fromEntries(all.map((one) => [one.type, one]));
}

const HOLD = {
  place: "velvet-0:/data/checkpoint.json",
  reason: "LedgerRollback",
  message: "The ledger is behind.",
  published: {},
  foundAt: AT,
} as const;

const failure = { reason: "VendorAway", message: "no answer", tries: 3, since: AT, nextTryAt: LATEST, stalled: false };

describe("a request's status", () => {
  it("has its stages with the times when they were entered, and none that moves with the clock", () => {
    const entered = [
      { state: "verifying", at: AT },
      { state: "validated", at: LATER },
    ] as const;
    const told = view({ facts: { entered } });
    const status = requestOf(told);
    expect(status).toMatchObject({
      stages: [
        { stage: "Verifying", enteredAt: AT },
        { stage: "Validated", enteredAt: LATER },
      ],
    });
    expect(requestOf({ ...told, now: "2026-03-02T10:00:00.000Z" })).toEqual(status);
  });

  it("says when what failed is tried again, the rotation's own step before those of its consumers", () => {
    const failed = { state: "failed", facts: { failure: { ...failure, nextTryAt: LATER } } } as const;
    expect(requestOf(view({ consumer: failed }))).toMatchObject({ nextTryTime: LATER });
    expect(requestOf(view({ consumer: failed, facts: { failure } }))).toMatchObject({ nextTryTime: LATEST, tries: 3 });
    const looking = requestOf(view({ rotation: { nextActionAt: LATER } }));
    expect(looking).not.toHaveProperty("nextTryTime");
    const ended = requestOf(view({ facts: { failure }, rotation: { state: "aborted", endedAt: LATER } }));
    expect(ended).not.toHaveProperty("nextTryTime");
  });

  it("has with the open gate what an approval lets happen", () => {
    const closed = view({ facts: {} });
    const gates = { Revoke: { digest: gateDigest(closed, "Revoke"), openedAt: AT } };
    expect(requestOf(view({ facts: { gates } }))["gate"]).toMatchObject({
      name: "Revoke",
      message: expect.stringMatching(/^The old credential will be/),
    });
  });

  it("says why nothing is started, as long as it could be", () => {
    const pending = requestStatus({ ...REQUEST, state: "pending", reason: "Pending", holds: [HOLD] }, [], 1, AT);
    expect(pending).toMatchObject({ holds: [{ reason: "LedgerRollback", place: HOLD.place, since: AT }] });
    expect(conditions(pending)["Ready"]).toMatchObject({ status: "False", reason: "LedgerRollback" });
    expect(requestOf(view({}), { holds: [HOLD] })).toHaveProperty("holds");
    const ended = view({ rotation: { state: "done", endedAt: LATER } });
    expect(requestOf(ended, { holds: [HOLD] })).not.toHaveProperty("holds");
  });

  it("keeps the bounds of its fields, whatever stands in the ledger", () => {
    const entered = Array.from({ length: 90 }, () => ({ state: "verifying", at: AT }) as const);
    const holds = Array.from({ length: 20 }, () => ({ ...HOLD, message: "x".repeat(5_000) }));
    const status = requestOf(view({ facts: { entered } }), { holds });
    expect(status["stages"]).toHaveLength(40);
    const rows = status["holds"] as readonly { readonly message: string }[];
    expect(rows).toHaveLength(8);
    expect(rows[0]?.message).toHaveLength(1_024);
  });

  it("names each of several problems with its code", () => {
    const problems = [
      { code: "UnknownField", message: "spec has no field foo" },
      { code: "MissingField", message: "spec.flow is missing" },
    ];
    expect(conditions(requestStatus(undefined, problems, 1, AT))["Accepted"]).toMatchObject({
      reason: "UnknownField",
      message: "UnknownField: spec has no field foo; MissingField: spec.flow is missing",
    });
  });
});

describe("a Credential, as kstatus reads it", () => {
  it("is current while its consumers work, whatever its rotation waits for", () => {
    const waiting = conditions(credentialOf(view({})));
    expect(waiting["Ready"]).toMatchObject({ status: "True", reason: "Current" });
    expect(waiting["Rotating"]).toMatchObject({ status: "True", reason: "Validated" });
    expect(Object.keys(waiting)).not.toContain("Reconciling");
    const stalled = conditions(credentialOf(view({ facts: { failure: { ...failure, stalled: true } } })));
    expect(Object.keys(stalled)).not.toContain("Stalled");
    expect(stalled["Rotating"]?.message).toContain("It is stalled. VendorAway: no answer");
  });

  it.each([
    ["was dead when the rotation began", { rotation: { expect: "Dead" } }],
    ["does not exist yet", { rotation: { expect: "Absent" } }],
    ["was ended first", { facts: { revoked: { at: LATER, by: "velvet" } } }],
  ] satisfies [string, Told][])("is in progress while its consumers have nothing that works: it %s", (_, told) => {
    const begun = conditions(credentialOf(view({ ...told, consumer: { state: "pending" } })));
    expect(begun["Ready"]).toMatchObject({ status: "False", reason: "NothingWorks" });
    expect(begun["Reconciling"]).toMatchObject({ status: "True" });
    const working = conditions(credentialOf(view(told)));
    expect(working["Ready"]).toMatchObject({ status: "True" });
    expect(Object.keys(working)).not.toContain("Reconciling");
  });

  it("has failed where its consumers have nothing that works and the rotation is stalled", () => {
    const facts = { failure: { ...failure, stalled: true } };
    const told = view({ facts, rotation: { expect: "Dead" }, consumer: { state: "pending" } });
    expect(conditions(credentialOf(told))["Stalled"]).toMatchObject({ status: "True", reason: "VendorAway" });
  });

  it.each([
    ["expected it dead", { expect: "Dead" }, {}],
    ["found it dead", {}, { over: "CredentialDead" }],
  ] as const)("has failed where the rotation that %s was aborted: its consumers hold what is dead", (_, more, over) => {
    const by = { name: "ben", trust: "host", decision: "stop", at: AT } as const;
    const abort = { by, reason: "later", from: "verify_failed", ...over } as const;
    const rotation = { state: "aborted", endedAt: LATER, ...more } as const;
    const told = conditions(credentialOf(view({ facts: { abort }, rotation, consumer: { state: "pending" } })));
    expect(told["Ready"]).toMatchObject({ status: "False", reason: "NothingWorks" });
    expect(told["Ready"]?.message).toContain("what these hold is dead: app. Request a rotation with expect: Dead.");
    expect(told["Stalled"]).toMatchObject({ status: "True", reason: "NothingWorks" });
    const kept = conditions(credentialOf(view({ facts: { abort }, rotation })));
    expect(kept["Ready"]).toMatchObject({ status: "True" });
    expect(Object.keys(kept)).not.toContain("Stalled");
  });
});
