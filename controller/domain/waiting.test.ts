import { describe, expect, it } from "vitest";
import { type Awaiting, tellOf } from "./waiting.ts";
import type { Instant } from "./world.ts";

const NOW = "2026-11-27T08:00:00.000Z";
const HOUR = 3_600_000;
const at = (hours: number): Instant => new Date(Date.parse(NOW) + hours * HOUR).toISOString();
const hoursAt = (instant: Instant): number => (Date.parse(instant) - Date.parse(NOW)) / HOUR;

function waiting(change: Partial<Awaiting> = {}): Awaiting {
  return {
    kind: "admission",
    subject: "u",
    namespace: "orders",
    name: "first",
    about: "AccountNotReady",
    since: NOW,
    waits: true,
    ...change,
  };
}

/** What is told in the first five days, looked at every half hour as a replica would. */
function told(change: Partial<Awaiting> = {}): string[] {
  let wait = waiting(change);
  const said: string[] = [];
  for (let hour = 0; hour <= 5 * 24; hour += 0.5) {
    const now = at(hour);
    const next = tellOf(wait, now);
    if (next?.reminders) wait = { ...wait, known: next.reminders };
    if (next && next.act !== "begin") said.push(`${next.act} ${hoursAt(now)}${next.aloud ? " aloud" : ""}`);
  }
  return said;
}

describe("a person who is waited for outside of a rotation", () => {
  it("is reminded after an hour, then daily, and from three days on somebody else is told as well", () => {
    const daily = ["remind 1", "remind 25", "remind 49", "escalate 72 aloud", "remind 73 aloud", "remind 97 aloud"];
    expect(told()).toEqual(daily);
    expect(told({ kind: "fight", about: "app" })).toEqual(daily);
  });

  it.each<[string, Partial<Awaiting>, number]>([
    ["a day before the credential in use expires", { expiresAt: at(48) }, 24],
    ["the first reminder, where it expires within the day", { expiresAt: at(2) }, 1],
    ["what a vendor calls a date and is none", { expiresAt: "never" }, 72],
    ["a day before the deadline, past which it is never begun", { deadline: at(60) }, 36],
    ["a day before the schedule's date", { dueAt: at(50) }, 26],
    ["a schedule's date that had passed before", { dueAt: at(-1) }, 72],
  ])("is overtaken by: %s", (_, change, hours) => {
    expect(told(change).find((text) => text.startsWith("escalate"))).toBe(`escalate ${hours} aloud`);
  });

  it("is waited for no longer when it is over, and not counted before somebody has seen it", () => {
    expect(tellOf(waiting(), NOW)).toMatchObject({
      act: "begin",
      aloud: false,
      reminders: { since: NOW, reminders: 0 },
    });
    expect(tellOf(waiting({ waits: false }), NOW)).toMatchObject({ act: "over", aloud: false });
  });
});
