import { describe, expect, it } from "vitest";
import type { IssuerTraits, Verdict } from "../../adapters/contract.ts";
import { askedNow, askedText, nextLook, rhythmOf } from "./assisted.ts";
import { reminded } from "./reminder.ts";
import { judgeMintLook, judgeRevokeLook } from "./seen.ts";
import type { World } from "./world.ts";

const NOW = "2026-11-27T08:00:00.000Z";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const gapsOf = (expectedMs: number): number[] => {
  const gaps: number[] = [];
  let asked = askedNow(NOW, { text: "Click.", expectedMs });
  for (let at = NOW; gaps.length < 8;) {
    const due = asked.remindAt;
    gaps.push(Date.parse(due) - Date.parse(at));
    asked = reminded(asked, rhythmOf(asked.instructions), due);
    at = due;
  }
  return gaps;
};

describe("reminders", () => {
  it("come after the expected time, then twice as late each time, and once a day in the end", () => {
    expect(gapsOf(HOUR).map((gap) => gap / HOUR)).toEqual([1, 2, 4, 8, 16, 24, 24, 24]);
  });

  it("never come more often than every five minutes, nor before the expected time where that is days", () => {
    expect(gapsOf(1)[0]).toBe(5 * MINUTE);
    expect(gapsOf(72 * HOUR).map((gap) => gap / HOUR)).toEqual([72, 72, 72, 72, 72, 72, 72, 72]);
  });

  it("say since when, how often, what to do and where, and are bounded whatever an adapter says", () => {
    const asked = askedNow(NOW, { text: "Click\n  on New.", link: "https://x.example", expectedMs: HOUR });
    const once = reminded(asked, rhythmOf(asked.instructions), NOW);
    expect(askedText(once, "Make one.")).toBe(
      `Make one. Click on New. https://x.example Asked since ${NOW}, reminded once, last at ${NOW}.`,
    );
    expect(askedText(reminded(once, rhythmOf(once.instructions), NOW), "")).toContain("reminded 2 times");
    const { instructions } = askedNow(NOW, { text: "x".repeat(9_000), link: "y".repeat(900), expectedMs: 1 });
    expect([instructions?.text.length, instructions?.link?.length]).toEqual([2_000, 500]);
  });
});

describe("looks", () => {
  const traits = (everyMs: number) => ({ propagation: { windowMs: 0, everyMs } }) as IssuerTraits;
  const wait = (everyMs: number, waitedMs: number): number =>
    Date.parse(nextLook(traits(everyMs), NOW, new Date(Date.parse(NOW) + waitedMs).toISOString())) -
    Date.parse(NOW) -
    waitedMs;

  it("come at the vendor's rhythm, then slower, at most every ten minutes unless the vendor wants less", () => {
    expect(wait(5_000, 0)).toBe(5_000);
    expect(wait(5_000, 8 * MINUTE)).toBe(MINUTE);
    expect(wait(5_000, 100 * HOUR)).toBe(10 * MINUTE);
    expect(wait(1, 0)).toBe(1_000);
    expect(wait(20 * MINUTE, 0)).toBe(20 * MINUTE);
  });
});

const says = (liveness: Verdict["liveness"]): Verdict => ({ liveness, reason: "R", message: `It is ${liveness}.` });

describe("what a look at the revoke says", () => {
  it.each<[Verdict["liveness"], Verdict["liveness"], boolean | undefined, boolean]>([
    ["alive", "dead", undefined, true],
    ["restricted", "dead", undefined, true],
    ["alive", "dead", false, true],
    ["alive", "dead", true, false],
    ["alive", "alive", undefined, false],
    ["alive", "alive", false, false],
    ["alive", "inconclusive", undefined, false],
    ["alive", "locked", undefined, false],
    ["alive", "needs-human", undefined, false],
    ["inconclusive", "dead", undefined, false],
    ["dead", "dead", undefined, false],
    ["dead", "alive", undefined, false],
  ])("the new one %s, the old one %s, listed %s: ended %s", (newer, old, listed, ended) => {
    const look = { newer: says(newer), old: says(old), ...(listed === undefined ? {} : { listed }) };
    expect(judgeRevokeLook(look).seen !== undefined).toBe(ended);
  });

  it("without the old value only the vendor's list counts, and without both only a person's word", () => {
    expect(judgeRevokeLook({ newer: says("alive"), listed: false }).seen).toBe("The vendor does not list it any more.");
    expect(judgeRevokeLook({ newer: says("alive") })).toEqual({});
  });

  it("a new one that is dead is trouble, all the more where the old one lives", () => {
    const mixedUp = judgeRevokeLook({ newer: says("dead"), old: says("alive") }).trouble;
    expect(mixedUp).toMatchObject({ reason: "NewCredentialDead", stalled: true });
    expect(mixedUp?.message).toContain("the wrong one was ended");
    expect(judgeRevokeLook({ newer: says("dead"), old: says("dead") }).trouble?.message).not.toContain("wrong one");
  });
});

describe("what a look at the mint says", () => {
  const world = {
    credential: { currentId: "current" },
    rotation: { facts: { verify: { previousId: "previous" } } },
    attempts: [{ vendorId: "burned" }],
  } as unknown as World;

  it("takes the one that nobody knows", () => {
    expect(judgeMintLook(world, { appeared: ["new"], gone: [] })).toEqual({ id: "new" });
  });

  it("takes nothing that is known already, and none of several", () => {
    expect(judgeMintLook(world, { appeared: ["current", "previous", "burned"], gone: [] })).toEqual({});
    const several = judgeMintLook(world, { appeared: ["a", "b"], gone: [] });
    expect(several.id).toBeUndefined();
    expect(several.trouble).toMatchObject({ reason: "SeveralAppeared", stalled: true });
  });
});
