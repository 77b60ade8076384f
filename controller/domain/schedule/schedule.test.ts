import { assert as holds, constantFrom, date, integer, pre, property, uuid } from "fast-check";
import { describe, expect, it } from "vitest";
import { scheduledRequest } from "./request.ts";
import { backoffMs, scheduleOf, type ScheduleFacts } from "./schedule.ts";
import { openingAt } from "./window.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function facts(change: Partial<ScheduleFacts> = {}): ScheduleFacts {
  return {
    uid: "11111111-2222-3333-4444-555555555555",
    rotation: { every: "90d", jitter: "0s" },
    firstSeenAt: "2026-01-01T00:00:00.000Z",
    issuedAt: "2026-09-01T08:00:00.000Z",
    failures: 0,
    ...change,
  };
}

describe("a schedule", () => {
  it("is none where nobody asked for one", () => {
    expect(scheduleOf(facts({ rotation: {} }))).toBeUndefined();
    expect(scheduleOf(facts({ rotation: undefined }))).toBeUndefined();
  });

  it("counts from when the credential in use was issued", () => {
    expect(scheduleOf(facts())).toEqual({
      dueAt: "2026-11-30T08:00:00.000Z",
      startsAt: "2026-11-30T08:00:00.000Z",
      why: "Age",
      because: "every 90d",
    });
  });

  it("counts from when it was first seen, where nobody knows how old it is: a new ledger rotates nothing at once", () => {
    const { issuedAt: _, ...unknown } = facts();
    expect(scheduleOf(unknown)?.dueAt).toBe("2026-04-01T00:00:00.000Z");
  });

  it("is never closer than what the mint budget allows", () => {
    expect(scheduleOf(facts({ rotation: { every: "1ms" } }))?.dueAt).toBe("2026-09-01T16:00:00.000Z");
  });

  it("leaves a third of its life to a credential that its vendor ends", () => {
    const found = scheduleOf(facts({ rotation: {}, expiresAt: "2026-10-01T08:00:00.000Z" }));
    expect(found).toMatchObject({ dueAt: "2026-09-21T08:00:00.000Z", why: "Expiry" });
    const both = scheduleOf(facts({ expiresAt: "2026-10-01T08:00:00.000Z" }));
    expect(both?.why).toBe("Expiry");
    expect(scheduleOf(facts({ expiresAt: "2036-10-01T08:00:00.000Z" }))?.why).toBe("Age");
  });

  it("does not wait for a window that opens after the vendor's date", () => {
    const rotation = { every: "90d", jitter: "0s", window: { days: ["Mon"] as const, start: "09:00", end: "10:00" } };
    const found = scheduleOf(facts({ rotation, expiresAt: "2026-09-02T08:00:00.000Z" }));
    expect(found && found.startsAt < "2026-09-02T08:00:00.000Z").toBe(true);
    const ended = { expiresAt: "2026-09-02T08:00:00.000Z", failures: 1, lastFailedAt: "2026-09-02T09:00:00.000Z" };
    expect(scheduleOf(facts({ rotation, ...ended }))?.startsAt).toBe("2026-09-02T10:00:00.000Z");
  });

  it("leaves some tries to a credential whose vendor ends it soon, however often it failed, and is not told to hurry in a loop", () => {
    const failedAt = "2026-09-02T00:00:00.000Z";
    const retryIn = (expiresAt: string, failures: number): number => {
      const { startsAt = "" } =
        scheduleOf(facts({ rotation: { jitter: "0s" }, expiresAt, failures, lastFailedAt: failedAt })) ?? {};
      return (Date.parse(startsAt) - Date.parse(failedAt)) / HOUR;
    };
    expect(retryIn("2026-09-02T08:00:00.000Z", 6)).toBe(2);
    expect(retryIn("2026-09-02T00:20:00.000Z", 6)).toBeCloseTo(1 / 6);
    expect(retryIn("2026-09-01T20:00:00.000Z", 6)).toBe(1);
    expect(retryIn("2026-09-02T08:00:00.000Z", 1)).toBe(1);
  });

  it("waits an hour after a failure, twice as long after each further one, and a day at most", () => {
    expect([0, 1, 2, 3, 9].map(backoffMs)).toEqual([0, HOUR, 2 * HOUR, 4 * HOUR, DAY]);
    const failed = facts({ failures: 2, lastFailedAt: "2026-12-01T00:00:00.000Z" });
    expect(scheduleOf(failed)).toMatchObject({
      dueAt: "2026-11-30T08:00:00.000Z",
      startsAt: "2026-12-01T02:00:00.000Z",
    });
  });

  it("starts inside of its window, after it is due, and within the jitter where it is open", () => {
    const instants = date({ min: new Date("2026-01-01"), max: new Date("2028-01-01"), noInvalidDate: true });
    const times = integer({ min: 0, max: 1_439 }).map(clock);
    const zones = constantFrom("UTC", "Europe/Vienna", "America/New_York", "Pacific/Auckland", "Asia/Kathmandu");
    const told = property(
      uuid(),
      instants,
      times,
      times,
      zones,
      integer({ min: 0, max: 48 }),
      (uid, issued, start, end, timeZone, jitter) => {
        pre(start !== end);
        const window = { start, end };
        const rotation = { every: "30d", jitter: `${jitter}h`, window, timeZone };
        const found = scheduleOf(facts({ uid, rotation, issuedAt: issued.toISOString() }));
        if (!found) throw new Error("it has a schedule");
        const opening = openingAt(window, timeZone, found.startsAt);
        expect(opening.from <= found.startsAt).toBe(true);
        expect(found.startsAt >= found.dueAt).toBe(true);
        const latest = openingAt(window, timeZone, new Date(Date.parse(found.dueAt) + jitter * HOUR).toISOString());
        expect(found.startsAt <= latest.to).toBe(true);
        expect(scheduleOf(facts({ uid, rotation, issuedAt: issued.toISOString() }))).toEqual(found);
      },
    );
    holds(told, { numRuns: 500 });
  });

  it("spreads those that fall due outside of the window over it, instead of all at its opening", () => {
    const rotation = { every: "30d", jitter: "0s", window: { start: "09:00", end: "17:00" } };
    const starts = Array.from({ length: 400 }, (_, index) => {
      return scheduleOf(facts({ uid: `uid-${index}`, rotation, issuedAt: "2026-09-01T22:00:00.000Z" }))?.startsAt ?? "";
    });
    const hours = starts.map((at) => Number(at.slice(11, 13)));
    for (const hour of [9, 10, 11, 12]) expect(hours.filter((found) => found === hour).length).toBeGreaterThan(60);
  });
});

describe("a scheduled request", () => {
  const credential = { uid: "u", namespace: "team", name: "orders-db", failures: 0 };

  it("has the same name wherever it is written, and another one after a failure", () => {
    const schedule = scheduleOf(facts());
    if (!schedule) throw new Error("it has a schedule");
    const now = "2026-11-30T08:00:10.000Z";
    const first = scheduledRequest(credential, schedule, now);
    expect(first.name).toMatch(/^orders-db-20261130t0800-[0-9a-f]{8}$/);
    expect(scheduledRequest(credential, schedule, "2026-12-01T00:00:00.000Z").name).toBe(first.name);
    expect(scheduledRequest({ ...credential, failures: 1 }, schedule, now).name).toBe(`${first.name}-2`);
    const long = scheduledRequest({ ...credential, name: "x".repeat(253) }, schedule, now);
    expect(long.name.length).toBe(253);
  });

  it("expects a credential to be dead whose vendor has ended it", () => {
    const schedule = scheduleOf(facts());
    if (!schedule) throw new Error("it has a schedule");
    const gone = { ...credential, expiresAt: "2026-11-29T00:00:00.000Z" };
    expect(scheduledRequest(gone, schedule, "2026-11-30T08:00:00.000Z").spec.expect).toBe("Dead");
    expect(scheduledRequest(gone, schedule, "2026-11-28T08:00:00.000Z").spec.expect).toBeUndefined();
  });
});

function clock(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
