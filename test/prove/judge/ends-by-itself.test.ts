/** A vendor that ends every credential after a while: what the judge takes, and what it still notices. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FreshLedger } from "../../support/postgres.ts";
import { freshLedger } from "../../support/postgres.ts";
import type { Born } from "../vendor/fake.ts";
import { brokenBy, messagesOf, withFake, withRows } from "./broken.ts";
import type { Evidence } from "./evidence.ts";
import type { LedgerRows } from "./ledger.ts";
import { rotated } from "./rotated.ts";

const HOUR = 3_600_000;
let ledger: FreshLedger;
/** Rotated without trouble, an hour ago: the vendor has ended the new one by itself, and nobody asked for another. */
let good: Evidence;
let ended: number;

beforeAll(async () => {
  ledger = await freshLedger();
  const told = await rotated(ledger.db, { mintClass: "markable", consumers: [{ id: "app", sink: "cas" }] });
  ended = Date.now() + HOUR;
  const current = told.ledger.credentials[0]?.current_id;
  const ever = (): Born[] =>
    told.fake.ever().map((key) => (key.id === current ? { ...key, endedByItselfAt: ended } : key));
  const setup = { ...told.fake.setup, endsByItselfMs: HOUR };
  const outages = [{ consumer: "app", at: ended, deed: `vendor.ended ${current}` }];
  good = withFake(told, { setup, ever, keys: () => [], outages });
});

afterAll(async () => ledger.drop());

const everEndless = (): Born[] => good.fake.ever().map(({ id, ours, at }) => ({ id, ours, at }));

describe("a credential that its vendor ends by itself", () => {
  it("breaks nothing when it was the current one and no rotation ran", () => {
    expect(brokenBy(good)).toEqual([]);
  });

  it("breaks I1 and I2 at any other vendor", () => {
    const { endsByItselfMs: _, ...setup } = good.fake.setup;
    expect(brokenBy(withFake(good, { setup, ever: everEndless }))).toEqual(["I1", "I2"]);
  });

  it("breaks I1 while a rotation runs, or where the consumer was left with an older one", () => {
    const late = new Date(ended + 1).toISOString();
    const rotations = good.ledger.rotations.map((row) => ({ ...row, ended_at: late }));
    expect(brokenBy(withRows(good, { rotations }))).toContain("I1");
    const heldBy = (target: string) => (target === "app" ? good.fake.originalId : good.fake.heldBy(target));
    expect(brokenBy(withFake(good, { heldBy }))).toEqual(["I1"]);
  });

  it("breaks I2 where another one than the current one ended, and the current one is gone", () => {
    expect(brokenBy(withFake(good, { ever: everEndless }))).toEqual(["I2"]);
  });
});

describe("an orphan of such a vendor", () => {
  const orphan: Born = { id: "token-x", ours: true, madeFor: "velvet/x", at: 0 };
  const gone = (): Evidence =>
    withFake(good, { ever: () => [...good.fake.ever(), { ...orphan, endedByItselfAt: ended }] });
  const living = () => [{ ...orphan, accepted: true }];

  it("is noticed within its hour, and when its hour is over", () => {
    expect(messagesOf(withFake(good, { keys: living }), "I3")).toEqual([
      "token-x is at the vendor and nobody's: the ledger knows no attempt of it",
    ]);
    expect(messagesOf(gone(), "I3")).toEqual([
      "token-x was at the vendor until it ended by itself and nobody's: the ledger knows no attempt of it",
    ]);
  });

  it("is answered for by a tombstone that was filed for it", () => {
    const [attempt] = good.ledger.attempts;
    if (!attempt) throw new Error("there is no attempt");
    const lost = { ...attempt, id: "lost", number: 2, marker: "velvet/x", vendor_id: null, state: "lost" } as const;
    const attempts = [...good.ledger.attempts, lost];
    expect(brokenBy(withRows(gone(), { attempts }))).toEqual(["I3"]);
    const created_at = new Date().toISOString();
    const tombstones = [{ rotation: attempt.rotation, attempt: "lost", state: "clear", created_at } as const];
    expect(brokenBy(withRows(gone(), { attempts, tombstones }))).toEqual([]);
  });

  it("is not answered for by a word that it was destroyed while it lived", () => {
    const [retired] = good.ledger.retired;
    if (!retired) throw new Error("nothing was retired");
    const told = (at: number, state: LedgerRows["retired"][number]["state"]): Evidence =>
      withRows(gone(), {
        retired: [{ ...retired, vendor_id: "token-x", state, changed_at: new Date(at).toISOString() }],
      });
    expect(messagesOf(told(ended - 1, "destroyed"), "I3")).toHaveLength(1);
    expect(messagesOf(told(ended, "destroyed"), "I3")).toEqual([]);
    expect(messagesOf(told(ended - 1, "live"), "I3")).toEqual([]);
  });
});
