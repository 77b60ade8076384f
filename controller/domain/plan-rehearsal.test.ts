import { describe, expect, it } from "vitest";
import type { IssuerTraits } from "../../adapters/contract.ts";
import type { ConsumerSpec, RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { plan } from "./plan.ts";
import type { RehearsalFacts } from "./rehearsal.ts";
import { rehearsalReport } from "./rehearsal-report.ts";
import { rule } from "./rule.ts";
import type { AttemptRow, ConsumerRow, Failure, RotationFacts, World } from "./world.ts";

const NOW = "2026-11-27T09:00:00.000Z";
const LATER = "2026-11-27T09:05:00.000Z";
const DEADLINE = "2026-12-01T00:00:00.000Z";

const app: ConsumerSpec = {
  id: "app",
  account: "a",
  keys: [{ field: "value", name: "TOKEN" }],
  check: { type: "native" },
};
const attempt: AttemptRow = {
  id: "attempt",
  number: 1,
  marker: "velvet/i/c/attempt",
  state: "minted",
  deadline: NOW,
  inventory: [],
  vendorId: "throwaway",
  createdAt: NOW,
  aliveAt: NOW,
};

function failure(tries: number, more: Partial<Failure> = {}): Failure {
  return { reason: "ConnectFailed", message: "no", tries, since: NOW, nextTryAt: LATER, stalled: tries >= 8, ...more };
}

function row(state: ConsumerRow["state"], facts: ConsumerRow["facts"] = {}): ConsumerRow {
  return { id: "app", state, touched: true, facts };
}

interface Told {
  readonly consumers?: readonly ConsumerRow[];
  readonly attempts?: readonly AttemptRow[];
  readonly rehearsal?: Partial<RehearsalFacts>;
  readonly facts?: Partial<RotationFacts>;
  readonly deadline?: string;
}

const VERIFY = { at: NOW, liveness: "alive", reason: "Accepted", message: "", controlled: true };
const REMOVAL = { at: NOW, complete: true, results: [] };

function world({
  consumers = [row("working")],
  attempts = [attempt],
  rehearsal = {},
  facts = {},
  deadline = DEADLINE,
}: Told): World {
  const credential = {
    spec: { credentialName: "T", environment: "test", consumers: [app], gates: { revoke: "Automatic" } },
  };
  const snapshot = { request: { spec: { requestedBy: "ana" } }, credential, accounts: {} };
  return {
    rotation: {
      flow: "Testing",
      expect: "Alive",
      state: "validated",
      snapshot,
      facts: { verify: VERIFY, rehearsal: { left: [], slots: { at: NOW, held: {} }, ...rehearsal }, ...facts },
      createdAt: NOW,
      deadline,
    },
    custody: undefined,
    consumers,
    attempts,
    decisions: [],
    retired: [],
    credential: { mintsToday: 0 },
    wakes: 0,
    issuer: { mintClass: "markable", revocation: "immediate", authority: "vendor" } as unknown as IssuerTraits,
    sinks: {},
  } as unknown as World;
}

const step = (name: string) => ({ do: "rehearse", step: name });

describe("a rehearsal", () => {
  it("looks into its slots before it mints, and is taken back when everybody is proven", () => {
    expect(plan(world({ attempts: [], rehearsal: { slots: undefined as never } }), NOW)).toEqual(step("save-slots"));
    expect(plan(world({}), NOW)).toEqual(step("begin-removal"));
  });

  it("does not wait for a person where nothing can tell whether a slot works", () => {
    const blind = { ...world({ consumers: [row("settled")] }) };
    const consumers = [{ ...app, check: { type: "manual" as const } }];
    const { snapshot } = blind.rotation;
    const spec = { ...snapshot.credential.spec, consumers };
    const rotation = { ...blind.rotation, snapshot: { ...snapshot, credential: { ...snapshot.credential, spec } } };
    expect(plan({ ...blind, rotation }, NOW)).toEqual(step("begin-removal"));
    expect(rehearsalReport({ ...blind, rotation })?.slots).toMatchObject([{ id: "app", outcome: "unproven" }]);
  });

  it("waits for a failing slot no longer than until its deadline, and is taken back then", () => {
    const failing = [
      row("failed", { failedAt: "write", failure: failure(9, { nextTryAt: "2027-01-01T00:00:00.000Z" }) }),
    ];
    expect(plan(world({ consumers: failing, deadline: LATER }), NOW)).toMatchObject({ do: "wait", until: LATER });
    expect(plan(world({ consumers: failing, deadline: NOW }), NOW)).toEqual(step("begin-removal"));
  });

  it("ends by itself where it stalls before anything was minted, and not after", () => {
    const facts = { failure: failure(1, { stalled: true }) };
    expect(plan(world({ attempts: [], facts }), NOW)).toEqual(step("begin-removal"));
    expect(plan(world({ attempts: [{ ...attempt, aliveAt: undefined as never }], facts }), NOW).do).toBe("wait");
  });

  it("puts slots back, ends the throwaway, looks for it, and only then ends", () => {
    const rehearsal = { removal: REMOVAL };
    const ended = { ...rehearsal, ended: { at: NOW, attempt: "attempt", vendorId: "throwaway" } };
    const back = [row("restored")];
    const revoked = [{ ...attempt, state: "revoked" as const }];
    expect(plan(world({ rehearsal }), NOW)).toEqual({ do: "restore", ids: ["app"] });
    expect(plan(world({ rehearsal, consumers: back }), NOW)).toEqual(step("end-throwaway"));
    expect(plan(world({ rehearsal: ended, consumers: back, attempts: revoked }), NOW)).toEqual(step("prove-gone"));
    const gone = { ...ended, gone: { at: NOW, message: "" } };
    expect(plan(world({ rehearsal: gone, consumers: back, attempts: revoked }), NOW)).toEqual(step("finish"));
  });

  it("finds out what became of an open mint before it takes anything back", () => {
    const open = [{ ...attempt, state: "open" as const }];
    expect(plan(world({ attempts: open, deadline: NOW }), NOW)).toMatchObject({ do: "resolve" });
  });
});

describe("a slot that cannot be put back", () => {
  const stuck = (tries: number) => [row("failed", { failedAt: "restore", failure: failure(tries) })];
  const held = { removal: REMOVAL, slots: { at: NOW, held: { app: ["TOKEN"] } } };

  it("does not keep the throwaway alive", () => {
    expect(plan(world({ rehearsal: held, consumers: stuck(2) }), NOW)).toMatchObject({ do: "wait", until: LATER });
    expect(plan(world({ rehearsal: held, consumers: stuck(5) }), NOW)).toEqual(step("end-throwaway"));
  });

  it("is let go after a while where nothing stood in it, and never where something did", () => {
    const gone = { ended: { at: NOW, attempt: "attempt", vendorId: "throwaway" }, gone: { at: NOW, message: "" } };
    const attempts = [{ ...attempt, state: "revoked" as const }];
    const consumers = stuck(50);
    expect(plan(world({ rehearsal: { removal: REMOVAL, ...gone }, consumers, attempts }), NOW)).toEqual(step("finish"));
    expect(plan(world({ rehearsal: { ...held, ...gone }, consumers, attempts }), NOW)).toMatchObject({ do: "wait" });
  });

  it("is left to a person who says so with a ticket", () => {
    const seen = world({ rehearsal: held, consumers: stuck(9) });
    const decide = (spec: Partial<RotationDecisionSpec>) =>
      rule(
        seen,
        {
          uid: "d",
          name: "d",
          trust: "claimed",
          appearedAt: NOW,
          spec: { action: "SkipConsumer", consumer: "app", reason: "r", decidedBy: "ben", ...spec },
        },
        LATER,
      );
    expect(decide({})).toMatchObject({ verdict: "refused", reason: "TicketMissing" });
    expect(decide({ ticket: "T-1", consumer: "other" })).toMatchObject({ verdict: "refused" });
    const accepted = decide({ ticket: "T-1" });
    expect(accepted).toMatchObject({ verdict: "accepted", consumers: [{ id: "app", state: "failed" }] });
    const consumers = accepted?.verdict === "accepted" ? accepted.consumers : undefined;
    expect(plan({ ...seen, consumers: consumers ?? [] }, LATER)).toEqual(step("end-throwaway"));
    expect(decide({ action: "Abort" })).toMatchObject({ reason: "PastThePointOfNoReturn" });
    expect(decide({ action: "ConfirmConsumer" })).toMatchObject({ reason: "Aborting" });
    expect(decide({ action: "Approve", gate: "Revoke" })).toMatchObject({ reason: "GateNotOpen" });
    expect(decide({ action: "MarkRevoked", ticket: "T-1" })).toMatchObject({ reason: "NotAtRevoke" });
    expect(decide({ action: "RetryRevoke" })).toMatchObject({ reason: "NothingToRetry" });
  });

  it("a throwaway that the vendor does not end is handed on after so many tries", () => {
    const facts = { failure: failure(8) };
    const told = { rehearsal: { removal: REMOVAL }, consumers: [row("restored")], facts };
    expect(plan(world(told), NOW)).toEqual(step("finish"));
    expect(plan(world({ ...told, facts: { failure: failure(7) } }), NOW)).toMatchObject({ do: "wait", until: LATER });
  });
});
