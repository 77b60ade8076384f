import { describe, expect, it } from "vitest";
import { reckon, type Scheduled } from "./reckon.ts";
import { scheduledRequest } from "./request.ts";
import { becauseOf, scheduleOf } from "./schedule.ts";

const NOW = "2026-11-27T08:00:00.000Z";
const CONTEXT = { now: NOW, environment: "test", rotationOn: true, overdue: 1_000 };

function due(index: number, change: Partial<Scheduled> = {}): Scheduled {
  return {
    uid: `11111111-2222-3333-4444-${String(index).padStart(12, "0")}`,
    namespace: "orders",
    name: `db-${index}`,
    rotation: { every: "90d", jitter: "0s" },
    firstSeenAt: "2026-01-01T00:00:00.000Z",
    issuedAt: "2026-08-01T00:00:00.000Z",
    failures: 0,
    suspended: false,
    environment: "test",
    ...change,
  };
}

it("what its vendor ends soon does not wait behind a backlog, and the backlog is spread as before", () => {
  const backlog = Array.from({ length: 100 }, (_, index) => due(index));
  const soon = due(900, { issuedAt: "2026-11-26T08:00:00.000Z", expiresAt: "2026-11-27T09:00:00.000Z" });
  const ended = due(901, { issuedAt: "2026-11-20T08:00:00.000Z", expiresAt: "2026-11-26T09:00:00.000Z" });
  const later = due(902, { issuedAt: "2026-11-01T08:00:00.000Z", expiresAt: "2026-12-01T09:00:00.000Z" });
  const begun = reckon([...backlog, soon, ended, later], CONTEXT).filter(({ begin }) => begin);
  const names = begun.map(({ credential }) => credential.name);
  expect(names).toEqual(expect.arrayContaining(["db-900", "db-901"]));
  expect(names).not.toContain("db-902");
  expect(names.filter((name) => !name.startsWith("db-9"))).toHaveLength(5);
});

describe("a controller that was away while the window was open", () => {
  // Mondays and Tuesdays; NOW is a Friday.
  const OFFICE = { days: ["Mon", "Tue"] as const, start: "09:00", end: "16:00" };
  const MONDAY = "2026-11-30";
  const rotation = { every: "90d", jitter: "0s", window: OFFICE };
  const missed = Array.from({ length: 200 }, (_, index) => due(index, { rotation }));
  const at = (now: string, credentials: readonly Scheduled[] = missed) => reckon(credentials, { ...CONTEXT, now });

  it("begins nothing outside of it, says that it is due, and when it begins: spread over the next one", () => {
    const reckoned = at(NOW);
    expect(reckoned.filter(({ begin }) => begin)).toEqual([]);
    expect(reckoned.every((one) => one.due && one.waitsFor === "")).toBe(true);
    const starts = reckoned.map(({ schedule }) => schedule?.startsAt ?? "");
    expect(starts.every((start) => start.startsWith(MONDAY) && start.slice(11) >= "09:00")).toBe(true);
    const hours = starts.map((start) => start.slice(11, 13));
    for (const hour of ["09", "10", "11"]) expect(hours.filter((each) => each === hour).length).toBeGreaterThan(30);
    expect(reckoned.every(({ nextLookAt, schedule }) => nextLookAt === schedule?.startsAt)).toBe(true);
  });

  it("keeps to the same place in that window, however often it is looked at meanwhile, and begins there", () => {
    const [one] = at(NOW, missed.slice(0, 1));
    const startsAt = one?.schedule?.startsAt ?? "";
    for (const now of ["2026-11-29T23:59:00.000Z", `${MONDAY}T09:00:00.000Z`]) {
      expect(at(now, missed.slice(0, 1))[0]).toMatchObject({ begin: false, schedule: { startsAt } });
    }
    expect(at(startsAt, missed.slice(0, 1))[0]).toMatchObject({ begin: true, schedule: { startsAt } });
  });

  it("waits for the window after that one too, where its turn did not come", () => {
    const [one] = at(`${MONDAY}T16:00:00.000Z`, missed.slice(0, 1));
    expect(one).toMatchObject({ begin: false, schedule: { startsAt: expect.stringMatching(/^2026-12-01T/) } });
  });

  it("begins at once, and says why, what its vendor would end before: expiry is stronger than a window", () => {
    const ends = (expiresAt: string): Scheduled => due(1, { rotation, expiresAt });
    const [dies] = at(NOW, [ends("2026-11-30T08:30:00.000Z")]);
    expect(dies).toMatchObject({ begin: true, schedule: { opensTooLate: "2026-11-30T09:00:00.000Z" } });
    const because = becauseOf(dies?.schedule ?? { because: "" });
    expect(because).toMatch(/; outside of its window, which opens too late for that, at 2026-11-30T09:00:00.000Z$/);
    const [lives] = at(NOW, [ends("2026-12-01T08:30:00.000Z")]);
    expect(lives).toMatchObject({ begin: false, schedule: { startsAt: expect.stringMatching(/^2026-11-30T/) } });
    const [gone] = at(NOW, [ends("2026-11-27T07:00:00.000Z")]);
    expect(gone).toMatchObject({ begin: true });
  });

  it("gives the request for it the same name, whether the window comes too late or not", () => {
    const one = due(1, { rotation });
    const [late, inTime] = [NOW, undefined].map((now) => {
      const schedule = scheduleOf({ ...one, expiresAt: "2026-11-30T08:30:00.000Z" }, now);
      if (!schedule) throw new Error("it has a schedule");
      return scheduledRequest(one, schedule, NOW);
    });
    expect(late?.name).toBe(inTime?.name);
    expect(late?.spec.reason).toContain("outside of its window");
    expect(inTime?.spec.reason).not.toContain("window");
  });

  it("spreads what is begun in an open window over what is left of it, where that is less than an hour", () => {
    const count = (now: string): number => at(now).filter(({ begin }) => begin).length;
    // All 200 have their place before that; 1,000 are overdue.
    expect(count(`${MONDAY}T13:00:00.000Z`)).toBe(5);
    expect(count(`${MONDAY}T15:30:00.000Z`)).toBe(9);
    expect(count(`${MONDAY}T15:59:00.000Z`)).toBe(25);
  });
});

it("a pass of several batches begins no more than a pass of one", () => {
  const batches = [0, 1, 2].map((batch) => Array.from({ length: 100 }, (_, index) => due(batch * 100 + index)));
  let begun = 0;
  for (const batch of batches) begun += reckon(batch, { ...CONTEXT, begun }).filter(({ begin }) => begin).length;
  expect(begun).toBe(5);
});
