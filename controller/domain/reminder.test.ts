import { describe, expect, it } from "vitest";
import { askedNow } from "./assisted.ts";
import { gateDigest } from "./gates.ts";
import { escalatesAt, needsOf, remindersOf, rhythmFor } from "./need.ts";
import { planAnswered, planReminder, reminderDue } from "./plan-reminder.ts";
import { beginning, DAILY, reminded, remindersText } from "./reminder.ts";
import type { Failure, Instant, RotationFacts, World } from "./world.ts";

const NOW = "2026-11-27T08:00:00.000Z";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (ms: number): Instant => new Date(Date.parse(NOW) + ms).toISOString();
const hoursFromNow = (instant: Instant | undefined): number => (Date.parse(instant ?? "") - Date.parse(NOW)) / HOUR;

interface Given {
  readonly facts?: RotationFacts;
  readonly flow?: "Operational" | "Revocation" | "Testing";
  readonly state?: World["rotation"]["state"];
  readonly deadline?: Instant;
  readonly consumer?: Partial<World["consumers"][number]>;
  readonly check?: object;
  readonly credential?: Partial<World["credential"]>;
  readonly isMinted?: boolean;
}

function worldWith(given: Given = {}): World {
  const spec = { consumers: [{ id: "app", check: given.check }], gates: { mint: "Approval", revoke: "Approval" } };
  return {
    rotation: {
      id: "r",
      flow: given.flow ?? "Operational",
      state: given.state ?? "validated",
      facts: given.facts ?? {},
      deadline: given.deadline ?? at(7 * DAY),
      createdAt: NOW,
      snapshotHash: "h",
      snapshot: { credential: { spec }, accounts: {} },
    },
    consumers: [{ id: "app", state: "working", touched: true, facts: {}, ...given.consumer }],
    attempts: (given.isMinted ?? true) ? [{ id: "attempt", state: "minted" }] : [],
    credential: { mintsToday: 0, ...given.credential },
  } as unknown as World;
}

function atGate(gate: "Mint" | "Revoke" = "Revoke", given: Given = {}): World {
  const digest = gateDigest(worldWith(given), gate);
  return worldWith({ ...given, facts: { ...given.facts, gates: { [gate]: { digest, openedAt: NOW } } } });
}

const failure = (more: Partial<Failure>): Failure => {
  return { reason: "VendorUnavailable", message: "", tries: 9, since: NOW, stalled: true, ...more };
};

describe("what only a person can give", () => {
  it("is an open gate, a consumer that waits for a confirmation, what is stalled, and what is done at the vendor", () => {
    expect(needsOf(worldWith())).toEqual([]);
    expect(needsOf(atGate())).toMatchObject([{ kind: "gate", about: "Revoke", since: NOW }]);
    const asked = worldWith({ consumer: { state: "settled", facts: { writtenAt: at(-HOUR) } } });
    expect(needsOf(asked)).toMatchObject([{ kind: "confirmation", about: "app", since: at(-HOUR) }]);
    expect(needsOf(worldWith({ facts: { failure: failure({}) } }))).toMatchObject([
      { kind: "stalled", about: "VendorUnavailable" },
    ]);
    const byHand = worldWith({ facts: { assisted: { revoke: askedNow(NOW, undefined) } } });
    expect(needsOf(byHand)).toMatchObject([{ kind: "revoke" }]);
  });

  it("is nothing where it was approved, is being aborted, has ended, is still tried, or stands in a test slot", () => {
    const who = { name: "ana", trust: "claimed" as const, decision: "d", at: NOW };
    const gates = { Revoke: { digest: gateDigest(worldWith(), "Revoke"), openedAt: NOW, approved: who } };
    expect(needsOf(worldWith({ facts: { gates } }))).toEqual([]);
    expect(needsOf(atGate("Revoke", { facts: { abort: { by: who, reason: "", from: "validated" } } }))).toEqual([]);
    expect(needsOf(atGate("Revoke", { state: "done" }))).toEqual([]);
    expect(needsOf(worldWith({ facts: { failure: failure({ stalled: false }) } }))).toEqual([]);
    expect(needsOf(worldWith({ flow: "Testing", consumer: { state: "settled" } }))).toEqual([]);
    expect(needsOf(worldWith({ check: { type: "native" }, consumer: { state: "settled" } }))).toEqual([]);
  });

  it("is a leak, and what a Revocation leaves for a person to end", () => {
    const revocation = {
      target: "Current" as const,
      ids: [{ id: "k", is: "current" as const, state: "by-hand" as const }],
    };
    const world = worldWith({ flow: "Revocation", state: "rev_revoke_failed", facts: { revocation } });
    expect(needsOf(world)).toMatchObject([{ kind: "stalled", about: "AwaitingManualRevoke", since: NOW }]);
  });
});

describe("a person who does not answer", () => {
  it("is reminded after an hour, then once a day, and after three days somebody else is told", () => {
    let world = atGate();
    const told: string[] = [];
    for (let due = reminderDue(world); told.length < 6 && due !== undefined; due = reminderDue(world)) {
      const action = planReminder(world, due);
      if (action?.do !== "person" || action.deed.act === "answered") throw new Error("nobody is told");
      const [need] = needsOf(world);
      const before = remindersOf(world, need!);
      const next =
        action.deed.act === "remind" ? reminded(before, rhythmFor(world, need!), due) : { ...before, escalatedAt: due };
      told.push(`${action.deed.act} ${hoursFromNow(due)}`);
      const { facts } = world.rotation;
      world = atGate("Revoke", { facts: { ...facts, awaited: { gate: { ...next, key: need!.key } } } });
    }
    expect(told).toEqual(["remind 1", "remind 25", "remind 49", "escalate 72", "remind 73", "remind 97"]);
  });

  it("is not told of before, and each of two replicas decides the same from the same row", () => {
    expect(planReminder(atGate(), at(HOUR - 1))).toBeUndefined();
    expect(planReminder(atGate(), at(HOUR))).toEqual(planReminder(atGate(), at(HOUR)));
    expect(planReminder(worldWith(), at(30 * DAY))).toBeUndefined();
    expect(reminderDue(worldWith())).toBeUndefined();
  });

  it.each<[string, World, number]>([
    ["three days", atGate(), 72],
    ["a day before the one in use expires", atGate("Revoke", { credential: { expiresAt: at(48 * HOUR) } }), 24],
    ["the first reminder, where it expires within the day", atGate("Revoke", { credential: { expiresAt: NOW } }), 1],
    ["what a vendor calls a date and is none", atGate("Revoke", { credential: { expiresAt: "never" } }), 72],
    ["a day before the new one expires", atGate("Revoke", { facts: { expiresAt: at(60 * HOUR) } }), 36],
    ["a day before the schedule's date", atGate("Revoke", { credential: { dueAt: at(50 * HOUR) } }), 26],
    ["a schedule's date that had passed when it was asked", atGate("Revoke", { credential: { dueAt: NOW } }), 72],
    ["a day before the request ends with its deadline", atGate("Mint", { isMinted: false, deadline: at(2 * DAY) }), 24],
    ["the revoke gate, which no deadline ends", atGate("Revoke", { deadline: at(2 * DAY) }), 72],
  ])("is escalated by: %s", (_, world, hours) => {
    expect(hoursFromNow(escalatesAt(world, needsOf(world)[0]!))).toBe(hours);
  });

  it("has as long as the vendor's work takes, and what is to be ended by hand is told of at the deadline", () => {
    const slow = askedNow(NOW, { text: "Wait.", expectedMs: 4 * DAY });
    const escalation = (given: Given): number => {
      const world = worldWith({ ...given, facts: { assisted: { revoke: slow } } });
      return hoursFromNow(escalatesAt(world, needsOf(world)[0]!));
    };
    expect(escalation({ deadline: at(30 * DAY) })).toBe(8 * 24);
    expect(escalation({ deadline: at(5 * DAY) })).toBe(5 * 24);
    expect(escalation({ deadline: at(DAY) })).toBe(24);
  });
});

describe("an answer", () => {
  it("ends what was counted, and the same question asked again begins anew", () => {
    const counted = { ...beginning(NOW, DAILY), reminders: 3, key: "another digest" };
    const world = atGate("Revoke", { facts: { awaited: { gate: counted } } });
    expect(planAnswered(world)).toMatchObject({ deed: { act: "answered", kinds: ["gate"] } });
    expect(remindersOf(world, needsOf(world)[0]!).reminders).toBe(0);
    const own = { ...counted, key: needsOf(world)[0]!.key };
    expect(planAnswered(atGate("Revoke", { facts: { awaited: { gate: own } } }))).toBeUndefined();
    expect(planAnswered(worldWith({ facts: { awaited: { gate: own } } }))).toMatchObject({ do: "person" });
  });

  it("is said in one sentence, as long as it is missing", () => {
    const twice = { ...beginning(NOW, DAILY), reminders: 2, remindedAt: at(DAY), escalatedAt: at(3 * DAY) };
    expect(remindersText(twice)).toBe(
      `Asked since ${NOW}, reminded 2 times, last at ${at(DAY)}; escalated at ${at(3 * DAY)}.`,
    );
  });
});
