import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FreshLedger } from "../../support/postgres.ts";
import { freshLedger } from "../../support/postgres.ts";
import type { Deed } from "../api.ts";
import { brokenBy, messagesOf, retold, withEach, withFake, without, withRows } from "./broken.ts";
import type { Evidence } from "./evidence.ts";
import { byHand } from "./i4-by-hand.ts";
import { rotated } from "./rotated.ts";

let ledger: FreshLedger;
/** A markable credential that was rotated without trouble, with an approval of the revoke. */
let good: Evidence;

beforeAll(async () => {
  ledger = await freshLedger();
  const consumers = [
    { id: "app", sink: "cas" },
    { id: "jobs", sink: "write-only" },
  ] as const;
  good = await rotated(ledger.db, { mintClass: "markable", consumers });
});

afterAll(async () => ledger.drop());

const HOUR = 3_600_000;
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();
const deed = (facts: Partial<Deed>): Deed => ({ at: Date.now(), label: "", target: "", outcome: "done", ...facts });
const did = (facts: Partial<Deed>): Evidence => withFake(good, { history: [...good.fake.history, deed(facts)] });
const first = <T>(rows: readonly T[]): T => {
  const [row] = rows;
  if (row === undefined) throw new Error("there is none");
  return row;
};
const currentId = (): string => first(good.ledger.credentials).current_id ?? "";

describe("evidence of an untroubled rotation", () => {
  it("breaks nothing", () => {
    expect(brokenBy(good)).toEqual([]);
  });

  it("holds what the tests below take away", () => {
    expect(good.ledger.attempts).toHaveLength(1);
    expect(good.ledger.retired).toMatchObject([{ vendor_id: good.fake.originalId, state: "destroyed" }]);
    expect(good.ledger.effects.length).toBeGreaterThan(3);
  });
});

describe("I1, zero downtime", () => {
  const outage = { consumer: "app", at: 0, deed: "issuer.revoke token-1" };

  it("is broken by a consumer that was without", () => {
    expect(brokenBy(withFake(good, { outages: [outage] }))).toEqual(["I1"]);
  });

  it("is kept where the strategy is Replace, a person did it, or the story says why", () => {
    const replaced = { ...good.fake.setup, strategy: "Replace" } as const;
    expect(brokenBy(withFake(good, { outages: [outage], setup: replaced }))).toEqual([]);
    expect(brokenBy(withFake(good, { outages: [{ ...outage, deed: "vendor.revoke token-1" }] }))).toEqual([]);
    const because = { because: "the duplicate of a rotate ends it" };
    const excused = withFake({ ...good, exceptions: [{ deed: "issuer.revoke", ...because }] }, { outages: [outage] });
    expect(brokenBy(excused)).toEqual([]);
    expect(brokenBy({ ...excused, exceptions: [{ consumer: "jobs", ...because }] })).toEqual(["I1"]);
    expect(brokenBy({ ...excused, exceptions: [{ because: "" }] })).toEqual(["I1"]);
  });
});

describe("I4, what a person has ended", () => {
  const ended = Date.now();
  /** The old one was ended by hand, and the rotation saw it, by its own clock, so much later. */
  const seen = (afterMs: number): Evidence => {
    const rotation = first(good.ledger.rotations);
    const target = good.fake.originalId;
    const facts = { event: "RevokeSeen", vendorId: target, at: new Date(ended + afterMs).toISOString() };
    const canonical = Buffer.from(JSON.stringify(facts)).toString("hex");
    const row = { ...first(good.ledger.audit), chain: rotation.id, seq: 1_000, canonical };
    const history = [deed({ label: "vendor.revoke", target, at: ended })];
    return withRows(withFake(good, { history }), { audit: [row] });
  };
  const early = (evidence: Evidence): string[] => byHand(evidence).map(({ invariant }) => invariant);

  it("is taken for ended only after that", () => {
    expect(early(seen(1))).toEqual([]);
    expect(early(seen(-500))).toEqual(["I4"]);
  });

  it("may be dated earlier by a replica whose ledger answers slowly, and not by a minute", () => {
    expect(early({ ...seen(-500), inRealTime: true })).toEqual([]);
    expect(early({ ...seen(-60_000), inRealTime: true })).toEqual(["I4"]);
  });
});

describe("I2, exactly one", () => {
  const two = () => [...good.fake.keys(), { id: good.fake.originalId, ours: false, accepted: true }];

  it("is broken by the old one that lives on, by none, and by another than the current one", () => {
    expect(brokenBy(withFake(good, { keys: two }))).toEqual(["I2"]);
    expect(brokenBy(withFake(good, { keys: () => [] }))).toEqual(["I2"]);
    const only = () => [{ id: good.fake.originalId, ours: false, accepted: true }];
    expect(brokenBy(withFake(good, { keys: only }))).toEqual(["I2"]);
  });

  it("is broken by custody that holds another one, or nothing that is known", () => {
    expect(brokenBy(withFake(good, { heldBy: () => good.fake.originalId }))).toEqual(["I2"]);
    expect(brokenBy(withFake(good, { heldBy: () => undefined }))).toEqual(["I2"]);
  });

  it("is broken by a quarantined one that the vendor has no more, unless a person ended it", () => {
    const retired = good.ledger.retired.map((row) => ({ ...row, state: "quarantined" as const }));
    const gone = withRows(good, { retired });
    expect(brokenBy(gone)).toEqual(["I2"]);
    const byHand = deed({ label: "vendor.revoke", target: good.fake.originalId });
    expect(brokenBy(withFake(gone, { history: [...good.fake.history, byHand] }))).toEqual([]);
  });

  it("is broken by an old one that is only said to be quarantined", () => {
    const retired = good.ledger.retired.map((row) => ({ ...row, state: "quarantined" as const }));
    expect(brokenBy(withRows(withFake(good, { keys: two }), { retired }))).toEqual(["I2"]);
  });

  it("is kept beside a stranger's, and while the old one has a row that a person is shown", () => {
    const foreign = () => [...good.fake.keys(), { id: "foreign", ours: false, accepted: true }];
    expect(brokenBy(withFake(good, { keys: foreign }))).toEqual([]);
    const retired = good.ledger.retired.map((row) => ({ ...row, state: "live" as const }));
    expect(brokenBy(withRows(withFake(good, { keys: two }), { retired }))).toEqual([]);
  });

  it("is not asked before everything has come to its end", () => {
    expect(brokenBy({ ...withFake(good, { keys: two }), quiet: false })).toEqual([]);
  });

  it("leaves nothing of the list after a Revocation", () => {
    const ids = [{ id: currentId(), is: "current", state: "marked" }] as const;
    const revocation = withEach(good, "rotations", ({ facts }) => ({
      flow: "Revocation" as const,
      state: "rev_done" as const,
      facts: { ...facts, revocation: { target: "Current" as const, ids } },
    }));
    const left = `after the Revocation the vendor still accepts ${currentId()}`;
    expect(messagesOf(revocation, "I2")).toContain(left);
    expect(messagesOf(withFake(revocation, { keys: () => [] }), "I2")).not.toContain(left);
  });

  it("is not kept by a Revocation that is done before everybody is known to lock out what it ended", () => {
    const ids = [{ id: "key", is: "current", state: "pending" }] as const;
    const preempted = { name: "quarterly", state: "distributing", minted: "other" } as const;
    const revocation = withEach(good, "rotations", ({ facts }) => ({
      flow: "Revocation" as const,
      state: "rev_done" as const,
      facts: { ...facts, revocation: { target: "Current" as const, ids, preempted } },
    }));
    const messages = messagesOf(revocation, "I2");
    expect(messages).toContain("quarterly is done, and key is pending");
    expect(messages).toContain("quarterly is done, and nobody knows that app locks it out");
    expect(messages).toContain("quarterly left other alive, which the rotation that it pre-empted had minted");
  });
});

describe("I3, no orphan", () => {
  const orphan = () => [...good.fake.keys(), { id: "token-x", ours: true, accepted: false, madeFor: "velvet/x" }];
  const lost = () => {
    const attempt = { ...first(good.ledger.attempts), id: "lost", number: 2, marker: "velvet/x", vendor_id: null };
    return { ...attempt, state: "lost" } as const;
  };
  const filed = (state: "watching" | "clear"): Evidence => {
    const tombstone = { rotation: lost().rotation, attempt: "lost", state, created_at: later(0) };
    const attempts = [...good.ledger.attempts, lost()];
    return withRows(withFake(good, { keys: orphan }), { attempts, tombstones: [tombstone] });
  };

  it("is broken by what nobody answers for", () => {
    expect(brokenBy(withFake(good, { keys: orphan }))).toEqual(["I3"]);
    expect(messagesOf(filed("clear"), "I3")).toEqual([
      "token-x is at the vendor and nobody's: its attempt lost is lost",
    ]);
  });

  it("is kept by a tombstone, a retired id, or an attempt that is open", () => {
    expect(brokenBy(filed("watching"))).toEqual([]);
    const retired = [{ ...first(good.ledger.retired), vendor_id: "token-x", state: "live" as const }];
    expect(brokenBy(withRows(withFake(good, { keys: orphan }), { retired }))).toEqual([]);
    const open = withRows(filed("clear"), { attempts: [{ ...lost(), state: "open" }] });
    expect(messagesOf(open, "I3")).toEqual([]);
  });
});

describe("I4, the revoke gate", () => {
  it("is broken by a revoke before the last receipt", () => {
    expect(brokenBy(without(good, "Receipt", ({ consumer }) => consumer === "jobs"))).toEqual(["I4"]);
    const late = retold(good, (entries) => {
      const [receipt] = entries.filter(({ event, facts }) => event === "Receipt" && facts["consumer"] === "jobs");
      const rest = entries.filter((entry) => entry !== receipt);
      return [...rest, ...(receipt ? [receipt] : [])].map(({ facts }) => facts);
    });
    expect(messagesOf(late, "I4")[0]).toContain("had no receipt of jobs");
  });

  it("is broken by a receipt that was withdrawn, or that is for another attempt", () => {
    const withdrawn = retold(good, (entries) =>
      entries.flatMap(({ event, facts }) =>
        event === "RevokeIntended" ? [{ event: "ReceiptWithdrawn", consumers: ["app"], at: later(0) }, facts] : [facts],
      ),
    );
    expect(messagesOf(withdrawn, "I4")[0]).toContain("had no receipt of app");
    const other = retold(good, (entries) =>
      entries.map(({ event, facts }) => (event === "Receipt" ? { ...facts, attempt: "another" } : facts)),
    );
    expect(brokenBy(other)).toEqual(["I4"]);
  });

  it("is broken by an empty set of consumers, and by a revoke that no intent names", () => {
    expect(brokenBy(withRows(good, { consumers: [] }))).toEqual(["I4"]);
    expect(brokenBy(without(good, "RevokeIntended"))).toEqual(["I4"]);
  });

  it("is broken by ending the current one, or what no attempt made", () => {
    expect(brokenBy(did({ label: "issuer.revoke", target: currentId() }))).toEqual(["I4"]);
    const foreign = { id: "foreign", ours: false, at: 0 };
    const stranger = did({ label: "issuer.destroy", target: "foreign" });
    expect(brokenBy(withFake(stranger, { ever: () => [...good.fake.ever(), foreign] }))).toEqual(["I4"]);
  });

  it("is kept by a person's confirmation of a consumer, and by a person's decision about exactly this id", () => {
    const confirmed = retold(good, (entries) =>
      entries.map(({ event, facts }) => {
        if (event !== "Receipt" || facts["consumer"] !== "jobs") return facts;
        return { event: "DecisionAccepted", action: "ConfirmConsumer", decision: "seen", at: facts["at"] };
      }),
    );
    expect(brokenBy(confirmed)).toEqual(["I4"]);
    const approved = first(good.ledger.decisions);
    const spec = { action: "ConfirmConsumer", consumer: "jobs", reason: "seen", decidedBy: "ben" } as const;
    const decisions = [...good.ledger.decisions, { ...approved, name: "seen", spec }];
    expect(brokenBy(withRows(confirmed, { decisions }))).toEqual([]);
    const decided = retold(without(good, "RevokeIntended"), (entries) => [
      ...entries.map(({ facts }) => facts),
      { event: "DecisionAccepted", action: "DestroyRetired", vendorId: good.fake.originalId, at: later(0) },
    ]);
    expect(brokenBy(decided)).toEqual([]);
  });

  it("is kept by an id that never was, by what was refused, and by a consumer that a person skipped", () => {
    expect(brokenBy(did({ label: "issuer.revoke", target: "never-was" }))).toEqual([]);
    expect(brokenBy(did({ label: "issuer.revoke", target: currentId(), outcome: "refused" }))).toEqual([]);
    const skipped = withEach(good, "consumers", ({ id }) => (id === "jobs" ? { state: "skipped" } : {}));
    expect(
      messagesOf(
        without(skipped, "Receipt", ({ consumer }) => consumer === "jobs"),
        "I4",
      ),
    ).toEqual([]);
  });
});

describe("I5, single flight", () => {
  it("is broken by two rotations at once, and by two open attempts", () => {
    const rotation = first(good.ledger.rotations);
    const request = { ...first(good.ledger.requests), uid: "second", rotation: "second" };
    const beside = withRows(good, {
      rotations: [
        rotation,
        { ...rotation, id: "second", request: "second", name: "beside", chain_seq: 0, chain_hash: "\\x" },
      ],
      requests: [...good.ledger.requests, request],
    });
    expect(messagesOf(beside, "I5")).toEqual(["beside began while quarterly was live"]);
    const open = { ...first(good.ledger.attempts), state: "open" as const };
    expect(brokenBy(withRows(good, { attempts: [open, { ...open, id: "other" }] }))).toContain("I5");
  });

  it("is broken by an attempt that is still open when its rotation has ended", () => {
    const open = { ...first(good.ledger.attempts), state: "open" as const };
    expect(messagesOf(withRows(good, { attempts: [open] }), "I5")).toEqual([
      "quarterly has ended, and its attempt 1 is still open",
    ]);
  });

  it("is kept by one after the other", () => {
    const rotation = first(good.ledger.rotations);
    const next = { ...rotation, id: "second", name: "next", created_at: later(HOUR), ended_at: null };
    expect(messagesOf(withRows(good, { rotations: [rotation, next] }), "I5")).toEqual([]);
  });
});
