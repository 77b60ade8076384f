import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FreshLedger } from "../../support/postgres.ts";
import { freshLedger } from "../../support/postgres.ts";
import { brokenBy, messagesOf, retold, withEach, withFake, without, withRows } from "./broken.ts";
import type { Evidence } from "./evidence.ts";
import type { AttemptRow, LedgerRows } from "./ledger.ts";
import { rotated } from "./rotated.ts";
import { entriesOf } from "./told.ts";

let ledger: FreshLedger;
let good: Evidence;

beforeAll(async () => {
  ledger = await freshLedger();
  good = await rotated(ledger.db, { mintClass: "markable", consumers: [{ id: "app", sink: "readable" }] });
});

afterAll(async () => ledger.drop());

const HOUR = 3_600_000;
const at = (ms: number): string => new Date(Date.now() + ms).toISOString();

describe("I6, bounded minting", () => {
  const attempts = (states: readonly AttemptRow["state"][], rotation: (index: number) => string): AttemptRow[] =>
    states.flatMap((state, index) =>
      good.ledger.attempts.map((row) => ({
        ...row,
        id: `attempt-${index}`,
        rotation: rotation(index),
        state,
        created_at: at(index * HOUR),
      })),
    );
  const one = () => good.ledger.rotations[0]?.id ?? "";

  it("is broken by a third mint of one rotation, and by a fourth of a day", () => {
    const three = withRows(good, { attempts: attempts(["lost", "lost", "current"], one) });
    expect(messagesOf(three, "I6")).toEqual(["quarterly minted 3 times"]);
    const four = withRows(good, { attempts: attempts(["current", "current", "current", "current"], String) });
    expect(messagesOf(four, "I6")).toEqual(["4 mints, more than 3 of them within 24 hours"]);
  });

  it("is broken by an order that was sent again", () => {
    const [mint] = good.fake.history.filter(({ label }) => label === "issuer.mint");
    const again = mint ? [...good.fake.history, mint] : [];
    expect(brokenBy(withFake(good, { history: again }))).toEqual(["I6"]);
  });

  it("is kept by definite refusals, by days that lie apart, and by one order that lands twice", () => {
    const burned = withRows(good, { attempts: attempts(["burned", "burned", "lost", "current"], one) });
    expect(messagesOf(burned, "I6")).toEqual([]);
    const apart = attempts(["current", "current", "current", "current"], String).map((row, index) => ({
      ...row,
      created_at: at(index * 9 * HOUR),
    }));
    expect(messagesOf(withRows(good, { attempts: apart }), "I6")).toEqual([]);
    const [mint] = good.fake.history.filter(({ label }) => label === "issuer.mint");
    const twice = mint ? [...good.fake.history, { ...mint, outcome: "late" as const }] : [];
    expect(messagesOf(withFake(good, { history: twice }), "I6")).toEqual([]);
  });
});

describe("I7, custody", () => {
  const canary = () => good.fake.canaries.at(-1) ?? "";

  it("is broken by a value in an output, and does not tell it once more", () => {
    const text = Buffer.from(`user:${canary()}`).toString("base64");
    const leaked = { ...good, outputs: [{ where: "the log", text }] };
    expect(messagesOf(leaked, "I7")).toEqual(["a value stands in the log"]);
    expect(JSON.stringify(messagesOf(leaked, "I7"))).not.toContain(canary());
  });

  it("is broken by a value in a column or in an audit row", () => {
    const column = withEach(good, "attempts", () => ({ fingerprint: canary() }));
    expect(messagesOf(column, "I7")).toEqual(["a value stands in the ledger's attempts"]);
    const row = retold(good, (entries) => entries.map(({ facts }) => ({ ...facts, note: canary() })));
    expect(messagesOf(row, "I7")).toEqual(["a value stands in the audit chains"]);
  });

  it("is broken by ciphertext that outlives its rotation", () => {
    expect(brokenBy(withEach(good, "rotations", () => ({ sealed: true })))).toEqual(["I7"]);
    expect(brokenBy(withEach(good, "attempts", () => ({ sealed: true })))).toEqual(["I7"]);
  });

  it("is kept by outputs without a value", () => {
    expect(brokenBy({ ...good, outputs: [{ where: "the log", text: JSON.stringify(good.fake.history) }] })).toEqual([]);
  });
});

describe("I8, the audit", () => {
  const changed = (change: (audit: LedgerRows["audit"]) => LedgerRows["audit"]) =>
    withRows(good, { audit: change(good.ledger.audit) });
  const isThird = ({ chain, seq }: LedgerRows["audit"][number]) => chain !== "install" && seq === 3;

  it("is broken by a row that is gone, edited, moved or cut from the end", () => {
    expect(brokenBy(changed((audit) => audit.filter((row) => !isThird(row))))).toContain("I8");
    const edited = changed((audit) =>
      audit.map((row) => (isThird(row) ? { ...row, canonical: row.canonical.replace("61", "62") } : row)),
    );
    expect(brokenBy(edited)).toContain("I8");
    const moved = changed((audit) => audit.map((row) => (isThird(row) ? { ...row, seq: 4 } : row)));
    expect(messagesOf(moved, "I8")[0]).toContain("row 3 is missing");
    const [last] = good.ledger.audit.filter(({ chain }) => chain !== "install").slice(-1);
    expect(
      messagesOf(
        changed((audit) => audit.filter((row) => row !== last)),
        "I8",
      )[0],
    ).toContain("by its head");
  });

  it("is broken by a head that says something else, and by a chain without an owner", () => {
    expect(brokenBy(withEach(good, "rotations", () => ({ chain_hash: "\\x00" })))).toEqual(["I8"]);
    expect(messagesOf(withRows(good, { rotations: [] }), "I8")[0]).toContain("nobody owns it");
  });

  it("is broken by a row that is not in canonical form", () => {
    const loose = changed((audit) => {
      return audit.map((row) => (isThird(row) ? { ...row, canonical: `${row.canonical.slice(0, -2)}207d` } : row));
    });
    expect(messagesOf(loose, "I8")[0]).toContain("canonical");
  });

  it("is broken by a name or a text of a person in clear, at any depth", () => {
    for (const said of [{ decidedBy: "ana" }, { request: { spec: { requestedBy: "ana" } } }, { ticket: "SEC-1" }]) {
      const clear = retold(good, (entries) =>
        entries.map(({ facts }, index) => (index === 0 ? { ...facts, ...said } : facts)),
      );
      expect(messagesOf(clear, "I8").join()).toContain("in clear");
    }
  });

  it("is broken by a sentence of the controller's own that names a person or a ticket, and not by longer words", () => {
    const telling = (message: string) =>
      retold(good, (entries) =>
        entries.map(({ facts }, index) => (index === 1 ? { ...facts, residual: [{ kind: "Left", message }] } : facts)),
      );
    const [ticket] = good.ledger.words.filter(({ field }) => field === "ticket");
    for (const said of ["ana", ticket?.text ?? ""])
      expect(messagesOf(telling(`app was left out by ${said}.`), "I8").join()).toContain(`speaks of ${said} in clear`);
    expect(messagesOf(telling(`app was left out by ananas, for ${ticket?.text}0.`), "I8")).toEqual([]);
  });

  it("is broken by words that are gone, changed or nobody's, and not by those that were erased", () => {
    const { words, actors } = good.ledger;
    expect(words.length * actors.length).toBeGreaterThan(0);
    expect(messagesOf(withRows(good, { words: words.slice(1) }), "I8")[0]).toContain("nothing stands beside it");
    expect(messagesOf(withRows(good, { actors: [] }), "I8")[0]).toContain("nothing stands beside it");
    const other = words.map((row) => ({ ...row, text: "other" }));
    expect(messagesOf(withRows(good, { words: other }), "I8")[0]).toContain("something else");
    const renamed = actors.map((row) => ({ ...row, name: "eve" }));
    expect(messagesOf(withRows(good, { actors: renamed }), "I8")[0]).toContain("something else");
    const more = [...words, ...words.slice(0, 1).map((row) => ({ ...row, field: "more" }))];
    expect(messagesOf(withRows(good, { words: more }), "I8")[0]).toContain("no audit row speaks of it");
    const erased = words.map((row) => ({ ...row, salt: null, text: null }));
    expect(brokenBy(withRows(good, { words: erased }))).toEqual([]);
  });

  it("is kept by a chain that was told whole from the beginning", () => {
    expect(brokenBy(retold(good, (entries) => entries.map(({ facts }) => facts)))).toEqual([]);
  });
});

describe("I9, progress", () => {
  const living = (change: object, facts: object = {}): Evidence => {
    const views = good.ledger.views.map((view) => {
      const { endedAt: _, ...rotation } = view.rotation;
      return { ...view, rotation: { ...rotation, ...change, facts: { ...rotation.facts, ...facts } } };
    });
    return withRows(good, { views });
  };
  const failure = { message: "", tries: 1, since: at(0), stalled: true };

  it("is broken by a rotation that stands still and names nothing", () => {
    expect(messagesOf(living({ state: "distributing" }), "I9")).toEqual([
      "quarterly is distributing and names nothing that a person could do",
    ]);
    const waits = { failure: { ...failure, reason: "VendorConflict" } };
    expect(brokenBy(living({ state: "distributing" }, waits))).toEqual(["I9"]);
  });

  it("is broken by a reason that has no remedy", () => {
    const odd = living({ state: "minting" }, { failure: { ...failure, reason: "NobodyKnows" } });
    expect(messagesOf(odd, "I9")[0]).toContain("without a remedy: NobodyKnows");
  });

  it("is broken by a tombstone that is watched for ever", () => {
    const tombstone = { rotation: "r", attempt: "a", state: "watching", created_at: at(-26 * HOUR) } as const;
    expect(brokenBy(withRows(good, { tombstones: [tombstone] }))).toEqual(["I9"]);
    const young = { ...tombstone, created_at: at(-HOUR) };
    expect(brokenBy(withRows(good, { tombstones: [young] }))).toEqual([]);
  });

  it("is kept by what a person can do something about, and not asked in the middle", () => {
    const stalled = living({ state: "minting" }, { failure: { ...failure, reason: "QuotaExhausted" } });
    expect(brokenBy(stalled)).toEqual([]);
    expect(brokenBy({ ...living({ state: "distributing" }), quiet: false })).toEqual([]);
  });
});

describe("I10, fencing", () => {
  it("is broken by an effect under a lower fence than one before it, or a higher one than the row's", () => {
    const fences = (make: (index: number) => number) =>
      withRows(good, {
        effects: good.ledger.effects.map((row, index) => ({ ...row, fence: make(index), intent_at: at(index * 1000) })),
      });
    expect(
      brokenBy(
        withEach(
          fences((index) => 9 - index),
          "rotations",
          () => ({ fence: 99, ended_at: null }),
        ),
      ),
    ).toEqual(["I10"]);
    expect(brokenBy(fences(() => 99))).toEqual(["I10"]);
    const inTime = fences((index) => index);
    expect(messagesOf(inTime, "I10").some((message) => message.endsWith("was intended after it had ended"))).toBe(true);
    expect(
      brokenBy(
        withEach(
          fences((index) => index),
          "rotations",
          () => ({ fence: 99, ended_at: null }),
        ),
      ),
    ).toEqual([]);
  });
});

describe("I11, authority", () => {
  it("is broken by a mint without an attempt, or before its intent", () => {
    const stray = { at: Date.now(), label: "issuer.mint", target: "velvet/stray", outcome: "done" } as const;
    expect(brokenBy(withFake(good, { history: [...good.fake.history, stray] }))).toEqual(["I11"]);
    const early = withEach(good, "attempts", () => ({ created_at: at(HOUR) }));
    expect(messagesOf(early, "I11")[0]).toContain("came before its intent");
  });

  it("is broken by a rotation that nobody asked for", () => {
    expect(brokenBy(withEach(good, "requests", () => ({ state: "refused" })))).toEqual(["I11"]);
  });

  it("is broken by a revoke that nobody approved, or for another digest, or only afterwards", () => {
    const bare = withEach(good, "rotations", ({ facts }) => ({ facts: { ...facts, gates: {} } }));
    expect(messagesOf(bare, "I11")).toEqual(["quarterly: Revoke was not approved by anybody"]);
    const other = withEach(good, "decisions", ({ spec }) => ({ spec: { ...spec, digest: "sha256:00" } }));
    expect(messagesOf(other, "I11")).toEqual(["quarterly: Revoke was approved for another digest"]);
    expect(messagesOf(without(good, "DecisionAccepted"), "I11")).toEqual([
      "quarterly: Revoke was approved only afterwards",
    ]);
    expect(messagesOf(without(good, "GateOpened"), "I11")).toEqual([
      "quarterly: Revoke was approved without having been opened",
    ]);
  });

  it("is broken by what was begun after somebody said no, unless that was answered before or came later", () => {
    const [approval] = good.ledger.decisions;
    const stop = (appeared_at: string, name = "stop"): Evidence => {
      const decisions = approval
        ? [{ ...approval, name, appeared_at, spec: { ...approval.spec, action: "Abort" as const } }]
        : [];
      return withRows(good, { decisions: [...good.ledger.decisions, ...decisions] });
    };
    expect(messagesOf(stop(at(-HOUR)), "I11")).toEqual([
      "MintIntended came after the Abort stop, which was not answered yet",
      "RevokeIntended came after the Abort stop, which was not answered yet",
    ]);
    expect(messagesOf(stop(at(HOUR)), "I11")).toEqual([]);
    // Its name is the one that the chain has an answer for, between the two.
    expect(messagesOf(stop(at(-HOUR), "approved"), "I11")).toContain(
      "MintIntended came after the Abort approved, which was not answered yet",
    );
    expect(messagesOf(stop(at(-HOUR), "approved"), "I11")).toHaveLength(1);
  });

  it("is broken within one instant too, where it was seen what the chain had said by then", () => {
    const [approval] = good.ledger.decisions;
    const [rotation] = good.ledger.rotations;
    const intent = entriesOf(good.ledger, rotation?.id).find(({ event }) => event === "RevokeIntended");
    if (!approval || !rotation || !intent) throw new Error("there is no revoke that was approved");
    const abort = { ...approval, name: "stop", appeared_at: new Date(intent.at).toISOString() };
    const decisions = [...good.ledger.decisions, { ...abort, spec: { ...abort.spec, action: "Abort" as const } }];
    const seenAt = (written: number): Evidence => ({
      ...withRows(good, { decisions }),
      stops: [{ rotation: rotation.id, decision: "stop", written }],
    });
    expect(messagesOf(withRows(good, { decisions }), "I11")).toEqual([]);
    expect(messagesOf(seenAt(intent.seq), "I11")).toEqual([]);
    expect(messagesOf(seenAt(intent.seq - 1), "I11")).toEqual([
      "RevokeIntended came after the Abort stop, which was not answered yet",
    ]);
  });

  it("is broken by the requester's own approval only where two people are needed", () => {
    const own = withEach(good, "decisions", ({ spec }) => ({ spec: { ...spec, decidedBy: "ana" } }));
    expect(brokenBy(own)).toEqual([]);
    const two = withEach(own, "rotations", ({ snapshot }) => ({
      snapshot: {
        ...snapshot,
        accounts: Object.fromEntries(
          Object.entries(snapshot.accounts).map(([name, account]) => [
            name,
            { ...account, spec: { ...account.spec, twoPerson: true } },
          ]),
        ),
      },
    }));
    expect(messagesOf(two, "I11")).toEqual(["quarterly: Revoke was approved by the requester"]);
  });
});

describe("I12, projection", () => {
  it("is broken by a summary that is not the same again", () => {
    let looks = 0;
    const views = good.ledger.views.map((view) => ({
      ...view,
      get now() {
        return at((looks += 1) * 1000);
      },
      rotation: {
        ...view.rotation,
        facts: { ...view.rotation.facts, entered: [{ state: "validating" as const, at: at(0) }] },
      },
    }));
    expect(messagesOf(withRows(good, { views }), "I12")).toEqual(["quarterly is not summarised alike twice"]);
  });
});
