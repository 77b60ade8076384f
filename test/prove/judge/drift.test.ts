/** What the judge takes for right between rotations, and what it notices: each rule with a history that keeps it, and one that breaks it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FreshLedger } from "../../support/postgres.ts";
import { freshLedger } from "../../support/postgres.ts";
import type { Deed } from "../api.ts";
import type { LiveWrite } from "../vendor/beside.ts";
import { messagesOf, withFake, withRows } from "./broken.ts";
import type { Evidence } from "./evidence.ts";
import type { CorrectionRow, FindingRow } from "./ledger.ts";
import { rotated } from "./rotated.ts";
import type { Entry } from "./told.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FOREIGN = "somebody-elses";
let ledger: FreshLedger;
/** Rotated; a minute later somebody overwrote `app`, which was found, told and put right. */
let good: Evidence;
let current: string;
/** When it was overwritten. */
let planted: number;

const time = (ms: number): string => new Date(ms).toISOString();
const plant = (at: number, place = "app"): LiveWrite => ({ place, at, id: FOREIGN, deed: "vendor.plant" });
const write = (at: number, id: string | undefined = current): LiveWrite => ({
  place: "app",
  at,
  id,
  deed: "sink.write",
});
const correction = (at: number, more: Partial<CorrectionRow> = {}): CorrectionRow => ({
  place: "app",
  intent_at: time(at),
  lands_until: time(at + MINUTE),
  outcome: "done",
  wanted_by: null,
  ...more,
});
const finding = (place: string): FindingRow => ({ place, kind: "ValueChanged", state: "open", since: time(planted) });
const told = (kind: string, at = planted + MINUTE, place = "app"): Entry => {
  return { chain: "install", seq: 1, event: "DriftFound", at, facts: { place, kind } };
};
const tells = (evidence: Evidence, ...ofInstall: readonly Entry[]): Evidence => ({ ...evidence, ofInstall });
const writes = (...liveWrites: readonly LiveWrite[]): Evidence => withFake(good, { liveWrites });
const drifts = (evidence: Evidence): string[] => messagesOf(evidence, "drift");

beforeAll(async () => {
  ledger = await freshLedger();
  const consumers = [
    { id: "app", sink: "readable" },
    { id: "jobs", sink: "write-only" },
  ] as const;
  const plain = await rotated(ledger.db, { mintClass: "markable", consumers, drift: "Correct" });
  const [credential] = plain.ledger.credentials;
  current = credential?.current_id ?? "";
  planted = Date.now() + MINUTE;
  const liveWrites = [...plain.fake.liveWrites, plant(planted), write(planted + 2 * MINUTE)];
  const history = [...plain.fake.history, did("vendor.mint"), did("vendor.plant")];
  good = tells(
    withRows(withFake(plain, { liveWrites, history }), { corrections: [correction(planted + 2 * MINUTE)] }),
    told("ValueChanged"),
  );
});

afterAll(async () => ledger.drop());

function did(label: string, outcome: Deed["outcome"] = "done"): Deed {
  return { at: planted, label, target: "app", outcome };
}

describe("what was found and put right", () => {
  it("breaks nothing", () => {
    expect(current).not.toBe("");
    expect(drifts(good)).toEqual([]);
  });

  it("is not asked for where nobody looks and nothing was found", () => {
    const { drift: _, ...setup } = good.fake.setup;
    const nothing = tells(withRows(withFake(good, { setup, liveWrites: [plant(planted)] }), { corrections: [] }));
    expect(drifts(nothing)).toEqual([]);
  });
});

describe("a correction", () => {
  it("writes nothing but what the ledger held for the current one", () => {
    const wrong = (id: string | undefined) => writes(plant(planted), { ...write(planted + 2 * MINUTE), id });
    const held = `the ledger held ${current} for the current one`;
    expect(drifts(wrong(FOREIGN))).toEqual([`a correction wrote ${FOREIGN} to app, and ${held}`]);
    expect(drifts(wrong(undefined))).toEqual([`a correction wrote nothing that is known to app, and ${held}`]);
    const because = "it landed when nobody expected it any more";
    expect(drifts({ ...wrong(FOREIGN), exceptions: [{ consumer: "app", because }] })).toEqual([]);
    expect(drifts({ ...wrong(FOREIGN), exceptions: [{ consumer: "jobs", because }] })).toHaveLength(1);
  });

  it("is not what a rotation writes, nor what lands when no correction is under way", () => {
    const [rotation] = good.ledger.rotations;
    const within = Date.parse(rotation?.created_at ?? "") + 1;
    const early = withRows(writes(write(within, FOREIGN), plant(planted), write(planted + 2 * MINUTE)), {
      corrections: [correction(within - 1), correction(planted + 2 * MINUTE)],
    });
    expect(drifts(early)).toEqual([]);
    expect(drifts(writes(plant(planted), write(planted + 2 * MINUTE), write(planted + HOUR, FOREIGN)))).toEqual([]);
  });

  it("follows another one of its place three times a day, and no fourth time by itself", () => {
    const at = (index: number) => planted + (2 + index) * MINUTE;
    const all = (rows: readonly CorrectionRow[]) => drifts(withRows(good, { corrections: rows }));
    const four = [0, 1, 2, 3].map((index) => correction(at(index)));
    expect(all(four.slice(0, 3))).toEqual([]);
    expect(all(four)).toEqual(["app was put right 4 times within a day"]);
    expect(all([...four.slice(0, 3), correction(at(3), { wanted_by: { name: "ana" } })])).toEqual([]);
    expect(all([...four.slice(0, 3), correction(at(3), { place: "jobs" })])).toEqual([]);
    expect(all([...four.slice(0, 3), correction(at(0) + 25 * HOUR)])).toEqual([]);
  });
});

describe("what is told of a place", () => {
  it("was done by somebody else, and not undone by Velvet since", () => {
    const never = "it was told that app has drifted (ValueChanged), and nobody else had written there since Velvet did";
    expect(drifts(writes(write(planted + 2 * MINUTE)))).toEqual([never]);
    expect(drifts(writes(plant(planted), write(planted + 1), write(planted + 2 * MINUTE)))).toEqual([never]);
    expect(drifts(writes(plant(planted, "jobs"), write(planted + 2 * MINUTE)))).toEqual([never]);
    const late = { consumer: "app", because: "a write landed when nobody expected it any more" };
    expect(drifts({ ...writes(write(planted + 2 * MINUTE)), exceptions: [late] })).toEqual([]);
  });

  it("is told of custody by its own name", () => {
    const custody = tells(good, told("CustodyDiffers", planted + MINUTE, ""));
    expect(drifts(custody)).toHaveLength(1);
    const liveWrites = [
      ...good.fake.liveWrites,
      plant(planted, "custody"),
      { ...write(planted + HOUR), place: "custody" },
    ];
    expect(drifts(withFake(custody, { liveWrites }))).toEqual([]);
  });

  it.each(["DoubleWriter", "DriftFight"])("is %s only where somebody wrote twice", (kind) => {
    const one = tells(good, told(kind));
    expect(drifts(one)).toEqual([`it was told that app has drifted (${kind}), and somebody wrote there 1 times`]);
    expect(drifts(withFake(one, { liveWrites: [plant(planted - 1), ...good.fake.liveWrites] }))).toEqual([]);
  });
});

describe("what is told of a vendor", () => {
  const without = (kind: string): Evidence =>
    tells(withFake(good, { history: [did("issuer.list")] }), told(kind, planted + MINUTE, "@vendor"));
  const after = (kind: string, deed: Deed): Evidence => withFake(without(kind), { history: [deed] });

  it.each([
    ["UnknownKey", "vendor.mint"],
    ["OldStillUsed", "vendor.plant"],
    ["CurrentMissing", "vendor.revoke"],
    ["CurrentRefused", "vendor.revoke"],
    ["CurrentDisabled", "vendor.revoke"],
  ])("is %s only after %s", (kind, cause) => {
    expect(drifts(without(kind))).toEqual([
      `it was told that @vendor has drifted (${kind}), and nothing had happened there`,
    ]);
    expect(drifts(after(kind, did(cause)))).toEqual([]);
    expect(drifts(after(kind, { ...did(cause), at: planted + HOUR }))).toHaveLength(1);
  });

  it("is Unreachable only where a call did not succeed", () => {
    expect(drifts(without("Unreachable"))).toHaveLength(1);
    expect(drifts(after("Unreachable", did("issuer.list", "lost")))).toEqual([]);
  });

  it.each(["Unreachable", "AccountNotReady"])("may be %s by real clocks, which nobody else sees", (kind) => {
    expect(drifts(without(kind))).toHaveLength(1);
    expect(drifts({ ...without(kind), inRealTime: true })).toEqual([]);
    expect(drifts({ ...without("UnknownKey"), inRealTime: true })).toHaveLength(1);
  });

  it("is an old one that lives, or an orphan, only where the ledger says so", () => {
    expect(drifts(without("RetiredStillLive"))).toHaveLength(1);
    const retired = good.ledger.retired.map((row) => ({ ...row, state: "live" as const }));
    expect(retired).toHaveLength(1);
    expect(drifts(withRows(without("RetiredStillLive"), { retired }))).toEqual([]);
    expect(drifts(without("Orphan"))).toHaveLength(1);
    const stone = { rotation: "r", attempt: "a", created_at: time(planted) };
    const stones = (state: "orphan-suspected" | "watching") => [{ ...stone, state }];
    expect(drifts(withRows(without("Orphan"), { tombstones: stones("orphan-suspected") }))).toEqual([]);
    expect(drifts(withRows(without("Orphan"), { tombstones: stones("watching") }))).toHaveLength(1);
  });
});

describe("what nobody put right", () => {
  /** It still holds what somebody else wrote. */
  const left = (place = "app"): Evidence => {
    const heldBy = (target: string) => (target === place ? FOREIGN : good.fake.heldBy(target));
    return withFake(good, { heldBy, liveWrites: [...good.fake.liveWrites, plant(planted + HOUR, place)] });
  };

  it("is told, once all have come to rest", () => {
    expect(drifts(left())).toEqual([`app holds ${FOREIGN}, and nobody is told`]);
    expect(drifts(withRows(left(), { findings: [finding("app")] }))).toEqual([]);
    expect(drifts(withRows(left(), { findings: [finding("jobs")] }))).toHaveLength(1);
    expect(drifts({ ...left(), quiet: false })).toEqual([]);
    const rotations = good.ledger.rotations.map((row) => ({ ...row, ended_at: null }));
    expect(drifts(withRows(left(), { rotations }))).toEqual([]);
  });

  it("is told of custody too", () => {
    expect(drifts(left("custody"))).toEqual([`custody holds ${FOREIGN}, and nobody is told`]);
    expect(drifts(withRows(left("custody"), { findings: [finding("")] }))).toEqual([]);
  });

  it("is nobody's to tell where a sink shows no value, or where nobody looks", () => {
    expect(drifts(left("jobs"))).toEqual([]);
    expect(drifts(withRows(left(), { watched: ["", "jobs"] }))).toEqual([]);
    const consumers = good.fake.setup.consumers.map((each) => ({ ...each, active: false }));
    expect(drifts(withFake(left(), { setup: { ...good.fake.setup, consumers } }))).toEqual([]);
  });
});
