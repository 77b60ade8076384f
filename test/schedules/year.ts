/**
 * A year of schedules in a few seconds: the scheduler's own decisions over many Credentials, with a clock that is moved, rotations that
 * take their time and sometimes fail, and a controller that is away now and then. Only time and the vendor's luck are made up.
 */
import { createHash } from "node:crypto";
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import { durationMs } from "../../controller/domain/duration.ts";
import { PASS_MS, reckon, type Scheduled } from "../../controller/domain/schedule/reckon.ts";
import { type Schedule, scheduleOf } from "../../controller/domain/schedule/schedule.ts";
import { Openings } from "../../controller/domain/schedule/window.ts";
import { scheduledRequest } from "../../controller/domain/schedule/request.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse("2026-01-01T00:00:00.000Z");

export interface YearOrder {
  readonly credentials: number;
  readonly days: number;
  /** From 0 to 1: how many rotations end without a new credential. */
  readonly failing: number;
  /** From which day to which the controller is away. */
  readonly away: readonly (readonly [from: number, to: number])[];
}

export interface Year {
  readonly requests: number;
  readonly failed: number;
  /** The same name asked for twice. */
  readonly repeated: number;
  /** Requests of the busiest minute, and of the busiest one while nothing had piled up. */
  readonly busiestMinute: number;
  readonly busiestQuietMinute: number;
  /** From due to begun, hours: median, 99th percentile and most, of those that nothing held up but window and jitter. */
  readonly waits: readonly [median: number, p99: number, most: number];
  /** Begun outside of its window, although its vendor would not have ended it before the next one. */
  readonly outside: number;
  /** Begun outside of its window because that opened too late for the vendor's date. */
  readonly forExpiry: number;
  /** Never begun, or later than window, jitter, failures and outages explain. */
  readonly missed: number;
}

interface One extends Scheduled {
  readonly policy: Policy;
  issuedAt?: string;
  expiresAt?: string;
  failures: number;
  lastFailedAt?: string;
  underWay?: string;
  endsAt: number;
  nextLook: number;
}

type Policy = NonNullable<CredentialSpec["rotation"]>;

const POLICIES: readonly Policy[] = [
  { every: "90d" },
  { every: "90d", jitter: "12h", window: { days: ["Mon", "Tue", "Wed", "Thu"], start: "09:00", end: "16:00" } },
  { every: "30d", window: { start: "22:00", end: "04:00" }, timeZone: "America/New_York" },
  { every: "7d", jitter: "6h", timeZone: "Europe/Vienna" },
  // These end by themselves, after 60 days and after 16.
  {},
  { window: { days: ["Tue"], start: "10:00", end: "12:00" }, timeZone: "Europe/Vienna" },
];
const lifeMs = ({ window }: Policy): number => (window === undefined ? 60 : 16) * DAY;

export function simulateYear(order: YearOrder): Year {
  const all = Array.from({ length: order.credentials }, (_, index) => credentialOf(index));
  const tally = new Tally();
  const agenda = new Agenda();
  for (const one of all) agenda.add(one, one.nextLook);
  const end = START + order.days * DAY;
  for (let now = START; now < end; now += PASS_MS) {
    const seen = agenda.take(now);
    for (const one of seen) if (one.underWay !== undefined && one.endsAt <= now) finish(one, now, order.failing);
    const due = seen.filter((one) => one.nextLook <= now);
    if (isAway(order, now)) for (const one of due) agenda.add(one, now + PASS_MS);
    else if (due.length > 0) pass(due, now, tally, agenda);
  }
  return tally.year(all, order, end);
}

/** Who is to be looked at in which pass. */
class Agenda {
  readonly #passes = new Map<number, Set<One>>();

  add(one: One, at: number): void {
    const number = Math.ceil((at - START) / PASS_MS);
    const known = this.#passes.get(number);
    if (known) known.add(one);
    else this.#passes.set(number, new Set([one]));
  }

  take(now: number): One[] {
    const number = Math.round((now - START) / PASS_MS);
    const found = this.#passes.get(number);
    this.#passes.delete(number);
    return found ? [...found] : [];
  }
}

function pass(due: readonly One[], now: number, tally: Tally, agenda: Agenda): void {
  const at = new Date(now).toISOString();
  const overdue = due.filter((one) => one.underWay === undefined).length;
  const context = { now: at, environment: "production", rotationOn: true, overdue, openings: tally.openings };
  for (const { credential: one, schedule, begin, nextLookAt } of reckon(due, context)) {
    one.nextLook = Date.parse(nextLookAt);
    if (begin && schedule !== undefined) {
      const { name } = scheduledRequest(one, schedule, at);
      tally.begun({ one, name, now, schedule });
      one.underWay = name;
      one.endsAt = now + 2 * MINUTE + luck(`${name} takes`) * HOUR;
      one.nextLook = Number.POSITIVE_INFINITY;
      agenda.add(one, one.endsAt);
    } else agenda.add(one, one.nextLook);
  }
}

function finish(one: One, now: number, failing: number): void {
  const failed = luck(`${one.underWay} fails`) < failing;
  delete one.underWay;
  one.nextLook = now;
  if (failed) {
    one.failures++;
    one.lastFailedAt = new Date(now).toISOString();
    return;
  }
  one.failures = 0;
  delete one.lastFailedAt;
  one.issuedAt = new Date(now).toISOString();
  if (one.policy.every === undefined) one.expiresAt = new Date(now + lifeMs(one.policy)).toISOString();
}

function credentialOf(index: number): One {
  const policy = POLICIES[index % POLICIES.length] ?? {};
  const name = `credential-${index}`;
  // Issued at any time of the quarter before.
  const issued = START - luck(`${name} was issued`) * 7 * DAY;
  return {
    uid: name,
    namespace: "team",
    name,
    suspended: false,
    environment: "production",
    policy,
    rotation: policy,
    firstSeenAt: new Date(START).toISOString(),
    issuedAt: new Date(issued).toISOString(),
    ...(policy.every === undefined ? { expiresAt: new Date(issued + lifeMs(policy)).toISOString() } : {}),
    failures: 0,
    endsAt: 0,
    nextLook: START,
  };
}

interface Begun {
  readonly one: One;
  readonly name: string;
  readonly now: number;
  readonly schedule: Schedule;
}

class Tally {
  /** For the whole year: it is about the same windows all the time. */
  readonly openings = new Openings();
  readonly #names = new Set<string>();
  readonly #minutes = new Map<number, number>();
  readonly #quiet = new Map<number, number>();
  readonly #waits: number[] = [];
  readonly #lates: number[] = [];
  #requests = 0;
  #failed = 0;
  #repeated = 0;
  #outside = 0;
  #forExpiry = 0;

  begun({ one, name, now, schedule }: Begun): void {
    this.#requests++;
    if (one.failures > 0) this.#failed++;
    if (this.#names.has(name)) this.#repeated++;
    this.#names.add(name);
    const minute = Math.floor(now / MINUTE);
    this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1);
    const late = this.#late({ one, now, schedule });
    if (late > 2 * HOUR) return;
    this.#quiet.set(minute, (this.#quiet.get(minute) ?? 0) + 1);
    if (one.failures === 0) this.#waits.push(now - Date.parse(schedule.dueAt));
  }

  /** In its window? And how much later than it would have begun had nobody been away? */
  #late({ one, now, schedule }: Omit<Begun, "name">): number {
    if (schedule.opensTooLate !== undefined) this.#forExpiry++;
    else if (!isInside(one.policy, now)) this.#outside++;
    const late = now - Date.parse(scheduleOf(one, undefined, this.openings)?.startsAt ?? "");
    this.#lates.push(late - longestShutMs(one.policy));
    return late;
  }

  year(all: readonly One[], order: YearOrder, end: number): Year {
    const waits = this.#waits.map((ms) => ms / HOUR).toSorted((a, b) => a - b);
    const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(share * waits.length))] ?? 0;
    const longestAway = Math.max(0, ...order.away.map(([from, to]) => (to - from) * DAY));
    const late = this.#lates.filter((ms) => ms > longestAway + 8 * HOUR).length;
    const never = all.filter((one) => isForgotten(one, end)).length;
    return {
      requests: this.#requests,
      failed: this.#failed,
      repeated: this.#repeated,
      busiestMinute: Math.max(0, ...this.#minutes.values()),
      busiestQuietMinute: Math.max(0, ...this.#quiet.values()),
      waits: [at(0.5), at(0.99), waits.at(-1) ?? 0],
      outside: this.#outside,
      forExpiry: this.#forExpiry,
      missed: late + never,
    };
  }
}

/** Older than its policy, its window, its jitter and a day's backoff let it become. */
function isForgotten({ policy, issuedAt, failures }: One, end: number): boolean {
  const every = policy.every === undefined ? lifeMs(policy) : durationMs(policy.every);
  const jitter = policy.jitter === undefined ? every / 100 : durationMs(policy.jitter);
  return end - Date.parse(issuedAt ?? "") > every + jitter + longestShutMs(policy) + 5 * DAY + failures * DAY;
}

/** From when a window closes to when it closes again. */
function longestShutMs({ window }: Policy): number {
  if (window === undefined) return 0;
  return window.days === undefined ? DAY : (8 - window.days.length) * DAY;
}

/** Told by the clock on the wall there, and not by the scheduler's own reckoning. */
function isInside({ window, timeZone = "UTC" }: Policy, now: number): boolean {
  if (window === undefined) return true;
  const wall = wallIn(timeZone).formatToParts(now);
  const part = (type: string): string => wall.find((each) => each.type === type)?.value ?? "";
  const time = `${part("hour")}:${part("minute")}`;
  const { start, end, days } = window;
  const isOpen = start < end ? time >= start && time < end : time >= start || time < end;
  return isOpen && (days === undefined || days.some((day) => day === part("weekday")));
}

const WALLS = new Map<string, Intl.DateTimeFormat>();

function wallIn(timeZone: string): Intl.DateTimeFormat {
  const known = WALLS.get(timeZone);
  if (known) return known;
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", weekday: "short" } as const;
  const wall = new Intl.DateTimeFormat("en-GB", { timeZone, ...time });
  WALLS.set(timeZone, wall);
  return wall;
}

function isAway({ away }: YearOrder, now: number): boolean {
  const day = (now - START) / DAY;
  return away.some(([from, to]) => day >= from && day < to);
}

/** Uniform in [0, 1), always the same for one text: a year can be told again. */
function luck(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
}
