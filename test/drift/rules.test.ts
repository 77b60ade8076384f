/** What an observation means: the rules, without a ledger and without a vendor. */
import { assert, boolean, constantFrom, property, record, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import { placesToCorrect, valueRefusal } from "../../controller/domain/drift/correct.ts";
import { meaningOfFailure } from "../../controller/domain/drift/failed-look.ts";
import { fold } from "../../controller/domain/drift/fold.ts";
import type { Finding, Seen } from "../../controller/domain/drift/kinds.ts";
import { isFoughtOver, type PlaceMemory, remembered } from "../../controller/domain/drift/memory.ts";
import { lookMs, nextLookMs } from "../../controller/domain/drift/next-look.ts";
import { type Expected, meaningOf, type Sight } from "../../controller/domain/drift/place.ts";
import { driftConditions } from "../../controller/domain/drift/told.ts";

const NOW = "2026-11-27T10:00:00.000Z";
const at = (ms: number): string => new Date(Date.parse(NOW) + ms).toISOString();
const HELD = { version: "v1", until: at(-3_600_000) };
const expected = (grade: Expected["grade"], more: Partial<Expected> = {}): Expected => {
  return { place: "app", grade, prints: { A: "print-a" }, held: HELD, ...more };
};
const RIGHT: Sight = { keys: { A: { present: true, print: "print-a" } }, version: "v1", changedAt: at(-3_600_000) };

describe("the meaning of what stands at a place", () => {
  const cases: [string, Expected, Sight, string, string[]][] = [
    ["the value", expected("value"), RIGHT, "in-place", []],
    [
      "the value, written by somebody else",
      expected("value"),
      { ...RIGHT, version: "v2", changedAt: NOW },
      "in-place",
      [],
    ],
    ["another value", expected("value"), { keys: { A: { present: true, print: "x" } } }, "drifted", ["ValueChanged"]],
    ["no plain value", expected("value"), { keys: { A: { present: true } } }, "drifted", ["ValueChanged"]],
    [
      "an old value",
      expected("value"),
      { keys: { A: { present: true, print: "o", isOld: true } } },
      "drifted",
      ["RevertedToOld"],
    ],
    ["nothing", expected("value"), { keys: { A: { present: false } } }, "drifted", ["ValueRemoved"]],
    ["nothing at all", expected("value"), { keys: {} }, "drifted", ["ValueRemoved"]],
    [
      "another one in custody",
      expected("value", { place: "" }),
      { keys: { A: { present: true, print: "x" } } },
      "drifted",
      ["CustodyDiffers"],
    ],
    [
      "one changed and one removed",
      expected("value", { prints: { A: "print-a", B: "print-b" } }),
      { keys: { A: { present: true, print: "x" }, B: { present: false } } },
      "drifted",
      ["ValueChanged", "ValueRemoved"],
    ],
    [
      "a second slot that was emptied",
      expected("value", { prints: { A: "print-a", OLD: null } }),
      RIGHT,
      "in-place",
      [],
    ],
    [
      "a second slot that is filled again",
      expected("value", { prints: { A: "print-a", OLD: null } }),
      { keys: { ...RIGHT.keys, OLD: { present: true, print: "o", isOld: true } } },
      "drifted",
      ["RevertedToOld"],
    ],
    [
      "a key that the ledger knows nothing of",
      expected("value", { prints: {} }),
      { keys: { A: { present: true, print: "x" } } },
      "in-place",
      [],
    ],
    [
      "something before it",
      expected("value"),
      { keys: { A: { present: true, print: "print-a", shadowedBy: "b" } } },
      "drifted",
      ["Shadowed"],
    ],
    [
      "where nobody wrote, the value",
      { place: "app", grade: "value", prints: { A: "print-a" } },
      RIGHT,
      "in-place",
      [],
    ],
    ["where nobody wrote, another", { place: "app", grade: "value", prints: { A: "y" } }, RIGHT, "not-given", []],
    ["the version of our write", expected("version"), { ...RIGHT, changedAt: NOW }, "unchanged", []],
    ["a later version", expected("version"), { ...RIGHT, version: "v2", changedAt: NOW }, "drifted", ["ValueChanged"]],
    [
      "a later version within the clocks' skew",
      expected("version"),
      { ...RIGHT, version: "v2", changedAt: at(-3_500_000) },
      "unchanged",
      [],
    ],
    [
      "another version without a date",
      expected("version"),
      { keys: RIGHT.keys, version: "v2" },
      "drifted",
      ["ValueChanged"],
    ],
    [
      "no version of ours, and one without a date",
      expected("version", { held: { until: NOW } }),
      { keys: RIGHT.keys, version: "v7" },
      "unchanged",
      [],
    ],
    ["nothing that tells", expected("version"), { keys: RIGHT.keys }, "present", []],
    ["a version, and no key", expected("version"), { keys: {}, version: "" }, "drifted", ["ValueRemoved"]],
    [
      "something",
      expected("presence"),
      { keys: { A: { present: true } }, version: "v9", changedAt: NOW },
      "present",
      [],
    ],
    ["nothing, where only presence shows", expected("presence"), { keys: {} }, "drifted", ["ValueRemoved"]],
    ["whatever cannot be seen", expected("none"), { keys: {} }, "unseen", []],
  ];
  it.each(cases)("%s", (_, wanted, sight, state, kinds) => {
    const meaning = meaningOf(wanted, sight);
    expect(meaning.state).toBe(state);
    expect(meaning.seen.map(({ kind }) => kind).sort()).toEqual(kinds);
    for (const seen of meaning.seen) expect(seen).toMatchObject({ place: wanted.place, grade: wanted.grade });
  });

  it("takes down the version where nobody knew which one our write left", () => {
    expect(meaningOf(expected("version", { held: { until: NOW } }), RIGHT).version).toBe("v1");
    expect(meaningOf(expected("version"), RIGHT).version).toBeUndefined();
  });
});

describe("a look that fails", () => {
  it.each([
    ["RateLimited", false, 9, []],
    ["AccountBusy", false, 9, []],
    ["DriftGivesWay", false, 9, []],
    ["ServerError", false, 1, []],
    ["ServerError", false, 2, ["Unreachable"]],
    ["TargetGone", true, 0, ["Unreachable"]],
    ["RepositoryMoved", true, 0, ["Renamed"]],
  ])("for %s (terminal %s) after %i others", (reason, terminal, before, kinds) => {
    const failed = meaningOfFailure("app", "value", { reason, message: "m", terminal }, before);
    expect(failed.seen.map(({ kind }) => kind)).toEqual(kinds);
    expect(failed.isPutOff).toBe(kinds.length === 0);
  });
});

const SEEN: Seen = { place: "app", kind: "ValueChanged", grade: "value", message: "m", digest: "d", details: {} };
const WHO = { name: "ana", trust: "claimed", decision: "d", at: NOW } as const;
const all = () => true;

describe("from what was known to what is known", () => {
  it("keeps since when it is so, and tells it once", () => {
    const first = fold([], { now: NOW, seen: [SEEN], couldSee: all });
    expect(first.opened).toHaveLength(1);
    const second = fold(first.findings, { now: at(60_000), seen: [SEEN], couldSee: all });
    expect(second.opened).toEqual([]);
    expect(second.findings).toMatchObject([{ since: NOW, lastSeenAt: at(60_000) }]);
    expect(fold(second.findings, { now: NOW, seen: [], couldSee: all }).gone).toHaveLength(1);
  });

  it("keeps what this look could not see", () => {
    const { findings } = fold([], { now: NOW, seen: [SEEN], couldSee: all });
    const later = fold(findings, { now: NOW, seen: [], couldSee: () => false });
    expect(later).toMatchObject({ gone: [], present: [] });
    expect(later.findings).toEqual(findings);
  });

  it("takes what is doubtful for certain only when it is seen again, half a minute later", () => {
    const doubtful = { ...SEEN, doubtful: true };
    const first = fold([], { now: NOW, seen: [doubtful], couldSee: all });
    expect(first).toMatchObject({ opened: [], findings: [{ state: "suspected" }] });
    const soon = fold(first.findings, { now: at(29_999), seen: [doubtful], couldSee: all });
    expect(soon).toMatchObject({ opened: [], findings: [{ state: "suspected" }] });
    expect(fold(first.findings, { now: at(30_000), seen: [doubtful], couldSee: all }).opened).toHaveLength(1);
  });

  it("is accepted as long as it looks the same", () => {
    const [finding] = fold([], { now: NOW, seen: [SEEN], couldSee: all }).findings;
    const accepted: Finding[] = finding ? [{ ...finding, acceptedBy: WHO }] : [];
    expect(fold(accepted, { now: NOW, seen: [SEEN], couldSee: all }).findings).toMatchObject([{ acceptedBy: WHO }]);
    const changed = fold(accepted, { now: NOW, seen: [{ ...SEEN, digest: "e" }], couldSee: all });
    expect(changed.findings[0]?.acceptedBy).toBeUndefined();
    expect(changed.opened).toHaveLength(1);
  });

  it("loses and invents nothing, whatever is known and seen", () => {
    const seen = uniqueArray(
      record({
        place: constantFrom("a", "b"),
        kind: constantFrom("ValueChanged", "ValueRemoved", "Shadowed"),
      }),
      { selector: ({ place, kind }) => place + kind },
    );
    assert(
      property(seen, seen, boolean(), (before, now, canSee) => {
        const make = (each: { place: string; kind: string }): Seen => ({ ...SEEN, ...each }) as Seen;
        const known = fold([], { now: NOW, seen: before.map(make), couldSee: all }).findings;
        const after = fold(known, { now: at(1), seen: now.map(make), couldSee: () => canSee });
        const key = ({ place, kind }: { place: string; kind: string }) => place + kind;
        const wanted = new Set(now.map(key));
        if (!canSee) for (const each of before) wanted.add(key(each));
        expect(new Set(after.findings.map(key))).toEqual(wanted);
        expect(after.gone.length).toBe(canSee ? before.filter((each) => !wanted.has(key(each))).length : 0);
      }),
    );
  });
});

describe("who may be put right", () => {
  const found = (more: Partial<Finding> = {}): Finding => {
    return { ...SEEN, state: "open", since: NOW, lastSeenAt: NOW, ...more };
  };
  const order = { mode: "Correct", mayWrite: true, isLeftAlone: () => false } as const;
  it.each([
    ["by the mode", { ...order, findings: [found()] }, ["app"]],
    ["nobody in mode Warn", { ...order, mode: "Warn" as const, findings: [found()] }, []],
    ["in mode Warn by a person", { ...order, mode: "Warn" as const, findings: [found({ wantedBy: WHO })] }, ["app"]],
    ["nobody where nothing may be written", { ...order, mayWrite: false, findings: [found({ wantedBy: WHO })] }, []],
    ["not what was accepted", { ...order, findings: [found({ acceptedBy: WHO })] }, []],
    ["not what is only suspected", { ...order, findings: [found({ state: "suspected" })] }, []],
    ["never custody", { ...order, findings: [found({ place: "", wantedBy: WHO })] }, []],
    ["not what a write does not end", { ...order, findings: [found({ kind: "Unreachable" })] }, []],
    ["not who is left alone", { ...order, isLeftAlone: () => true, findings: [found()] }, []],
    ["each place once", { ...order, findings: [found(), found({ kind: "ValueRemoved" })] }, ["app"]],
  ])("%s", (_, wanted, places) => {
    expect(placesToCorrect(wanted)).toEqual(places);
  });

  it.each([
    [undefined, "alive", "custody shows no value"],
    [false, "alive", "custody holds another value"],
    [true, "dead", "(dead)"],
    [true, "inconclusive", "(inconclusive)"],
    [true, "locked", "(locked)"],
    [true, undefined, "(no answer)"],
  ] as const)("with a value that is the ledger's (%s) and %s: not", (isLedgers, verdict, why) => {
    expect(valueRefusal({ isLedgers, verdict })).toContain(why);
  });

  it("with a value that is the ledger's and alive", () => {
    expect(valueRefusal({ isLedgers: true, verdict: "alive" })).toBeUndefined();
    expect(valueRefusal({ isLedgers: true, verdict: "restricted" })).toBeUndefined();
  });
});

describe("what is remembered of a place", () => {
  const seen = (digest: string) => ({ grade: "value", state: "drifted", digest }) as const;
  it("counts the changes of others and not our own, of one day", () => {
    let memory: PlaceMemory | undefined;
    const look = (digest: string, ms: number, isOurs = false): void => {
      memory = remembered(memory, seen(digest), at(ms), isOurs);
    };
    look("a", 0);
    look("b", 1, true);
    look("b", 2);
    expect(memory?.changes).toBeUndefined();
    look("c", 3);
    look("d", 4);
    expect(isFoughtOver(memory ?? { grade: "value", state: "left" })).toBe(false);
    look("e", 5);
    expect(isFoughtOver(memory ?? { grade: "value", state: "left" })).toBe(true);
    look("e", 86_400_010);
    expect(memory?.changes).toBeUndefined();
  });
});

describe("when it is looked at again", () => {
  it("is spread over a fifth of the interval, sooner where something is to be made certain, never at once", () => {
    const order = { intervalMs: 3_600_000, isSoon: false };
    expect(nextLookMs({ ...order, jitter: 0 })).toBe(3_240_000);
    expect(nextLookMs({ ...order, jitter: 0.999 })).toBe(3_959_280);
    expect(nextLookMs({ ...order, jitter: 1 / 7 })).toBe(3_342_857);
    expect(nextLookMs({ ...order, isSoon: true, jitter: 0.5 })).toBe(60_000);
    expect(nextLookMs({ ...order, putOffMs: 0, jitter: 0 })).toBe(15_000);
    expect(nextLookMs({ ...order, putOffMs: 40_000, jitter: 0.5 })).toBe(60_000);
    expect(nextLookMs({ ...order, intervalMs: 30_000, isSoon: true, jitter: 0.5 })).toBe(30_000);
  });
});

describe("what is shown", () => {
  it("is the most urgent kind, since the oldest; suspicions and what was accepted are quiet", () => {
    const found = (kind: Finding["kind"], since: string, more: Partial<Finding> = {}): Finding => {
      return { ...SEEN, kind, state: "open", since, lastSeenAt: NOW, ...more };
    };
    const told = (findings: Finding[]) => driftConditions({ state: "drifted", changedAt: NOW, findings }, NOW);
    expect(told([found("ValueChanged", at(-2)), found("CurrentMissing", at(-1))])).toMatchObject([
      { type: "Drifted", status: "True", reason: "CurrentMissing", lastTransitionTime: at(-2) },
    ]);
    expect(told([found("DriftFight", NOW)]).map(({ type }) => type)).toEqual(["Drifted", "Stalled"]);
    expect(told([found("Orphan", NOW, { state: "suspected" })])).toMatchObject([{ status: "False" }]);
    expect(told([found("ValueChanged", NOW, { acceptedBy: WHO })])).toMatchObject([
      { status: "False", reason: "DriftAccepted", message: "ValueChanged, accepted by ana." },
    ]);
    expect(driftConditions(undefined, NOW)).toMatchObject([{ status: "Unknown", reason: "NotRotatedYet" }]);
  });
});

describe("the time that one look has", () => {
  it("is a part of the lease, in whole milliseconds, whatever the lease is", () => {
    expect([30_000, 2_245, 901].map(lookMs)).toEqual([21_000, 1_571, 630]);
    for (const leaseMs of [30_000, 2_245, 901]) expect(AbortSignal.timeout(lookMs(leaseMs)).aborted).toBe(false);
  });
});
