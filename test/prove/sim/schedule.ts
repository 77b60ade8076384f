/**
 * One telling as text, and back. `A markable/1xcas rotate die issuer.mint:after:1` is the layer, the setup, the story, then what goes
 * wrong and where:
 *
 * - `die issuer.mint:after:1`: replica a dies when it comes by for the first time; `die@b …`: replica b does.
 * - `die issuer.mint:flight:1+40s`: it dies while its request is under way, which lands 40 s later.
 * - `pause sink.write:before:2 until@b issuer.revoke:after:1`: it stands still until b comes by there; or `until end`.
 * - `abort sink.write:before:1`: a person does that meanwhile. `wait:before:3` is the third time that only time leads on.
 * - `fault=hang+45s issuer.mint:1`: what becomes of the first call of that kind.
 */
import type { Fault } from "../api.ts";

export interface Point {
  readonly label: string;
  readonly at: "before" | "after" | "flight";
  readonly nth: number;
}

export const PERSON_VERBS = [
  "approve",
  "deny",
  "abort",
  "skip",
  "confirm",
  "retry",
  "insist",
  "mark",
  "provide",
  "make",
  "misprovide",
  "end",
  "delete",
  "edit",
  "request",
  "revoke",
  "resolve",
] as const;
/** What somebody does besides: with another writer's hands, or about what was found between rotations. */
const OTHER_VERBS = [
  "overwrite",
  "overwrite-custody",
  "revert",
  "end-current",
  "correct",
  "accept",
  "make-late",
  "provide-late",
  "restore",
  "destroy",
] as const;
const REPLICA_VERBS = ["die", "pause", "jump", "outage"] as const;

export type PersonVerb = (typeof PERSON_VERBS)[number] | (typeof OTHER_VERBS)[number];
export type Verb = PersonVerb | (typeof REPLICA_VERBS)[number];

export interface Event {
  readonly verb: Verb;
  /** Whose passing is counted. */
  readonly replica: string;
  readonly point: Point;
  /** `die … flight`: after how long it lands. `jump`: how far. `outage`: how many statements, negative: their answers are lost. */
  readonly amount?: number;
  /** `pause`: until that replica comes by there; absent: until the rotation has ended. */
  readonly until?: { readonly replica: string; readonly point: Point };
}

export interface Schedule {
  readonly layer: string;
  readonly setup: string;
  readonly story: string;
  readonly events: readonly Event[];
  readonly faults: readonly Fault[];
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

export function durationText(ms: number): string {
  for (const unit of ["h", "m", "s"]) {
    const size = UNITS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

function durationOf(text: string): number {
  const [, count, unit] = /^(\d+)(ms|[smh])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) throw new Error(`not a duration: ${text}`);
  return Number(count) * (UNITS[unit] ?? 1);
}

export function pointText({ label, at, nth }: Point): string {
  return `${label}:${at}:${nth}`;
}

export function pointOf(text: string): Point {
  const [, label, at, nth] = /^([\w.-]+):(before|after|flight):(\d+)$/.exec(text) ?? [];
  if (label === undefined || nth === undefined) throw new Error(`not a point: ${text}`);
  return { label, at: at as Point["at"], nth: Number(nth) };
}

export function scheduleText({ layer, setup, story, events, faults }: Schedule): string {
  return [layer, setup, story, ...faults.map(faultText), ...events.map(eventText)].join(" ");
}

export function eventText({ verb, replica, point, amount, until }: Event): string {
  const who = replica === "a" ? "" : `@${replica}`;
  const inFlight = point.at === "flight";
  const how = amount === undefined || inFlight ? "" : `=${verb === "jump" ? durationText(amount) : amount}`;
  const lands = amount !== undefined && inFlight ? `+${durationText(amount)}` : "";
  const ends = until ? ` until@${until.replica} ${pointText(until.point)}` : " until end";
  return `${verb}${who}${how} ${pointText(point)}${lands}${verb === "pause" ? ends : ""}`;
}

function faultText(fault: Fault): string {
  if (fault.kind === "unsettled") return `fault=unsettled ${fault.target}:${fault.nth}`;
  return `fault=${fault.kind}${detailText(fault)} ${fault.label}:${fault.nth}`;
}

function detailText(fault: Exclude<Fault, { kind: "unsettled" }>): string {
  switch (fault.kind) {
    case "refuse":
      return `+${fault.status}`;
    case "busy":
      return `+${fault.status}${fault.retryAfterMs === undefined ? "" : `+${durationText(fault.retryAfterMs)}`}`;
    case "hang":
      return fault.landsAfterMs === undefined ? "" : `+${durationText(fault.landsAfterMs)}`;
    case "twice":
      return `+${durationText(fault.landsAfterMs)}`;
    default:
      return "";
  }
}

/** Throws where the text is no schedule. */
export function scheduleOf(text: string): Schedule {
  const [layer, setup, story, ...words] = text.trim().split(/\s+/);
  if (layer === undefined || setup === undefined || story === undefined) throw new Error(`not a schedule: ${text}`);
  const events: Event[] = [];
  const faults: Fault[] = [];
  while (words.length > 0) {
    const word = take(words);
    if (word.startsWith("fault=")) faults.push(faultOf(word.slice("fault=".length), take(words)));
    else events.push(eventOf(word, words));
  }
  return { layer, setup, story, events, faults };
}

function take(words: string[]): string {
  const word = words.shift();
  if (word === undefined) throw new Error("the schedule ends too early");
  return word;
}

function eventOf(head: string, words: string[]): Event {
  const [, name = "", replica = "a", how] = /^([a-z-]+)(?:@([a-z]))?(?:=(.+))?$/.exec(head) ?? [];
  const verb = [...PERSON_VERBS, ...OTHER_VERBS, ...REPLICA_VERBS].find((each) => each === name);
  if (verb === undefined) throw new Error(`not a deed: ${head}`);
  const [where = "", lands] = take(words).split("+");
  const amount = amountOf(verb, how ?? lands);
  const until = verb === "pause" ? untilOf(words) : undefined;
  const event = { verb, replica, point: pointOf(where) };
  return { ...event, ...(amount === undefined ? {} : { amount }), ...(until ? { until } : {}) };
}

function amountOf(verb: Verb, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return verb === "outage" ? Number(text) : durationOf(text);
}

function untilOf(words: string[]): Event["until"] {
  const [word, replica] = take(words).split("@");
  if (word !== "until") throw new Error("a pause needs its end: until@b <point>, or until end");
  const where = take(words);
  return replica === undefined ? undefined : { replica, point: pointOf(where) };
}

function faultOf(what: string, where: string): Fault {
  const [kind = "", ...details] = what.split("+");
  const cut = where.lastIndexOf(":");
  const label = where.slice(0, cut);
  const nth = Number(where.slice(cut + 1));
  const make = FAULTS[kind];
  if (!make || !Number.isInteger(nth)) throw new Error(`not a fault: ${what} ${where}`);
  return make(label, nth, details);
}

const FAULTS: Readonly<Record<string, (label: string, nth: number, details: readonly string[]) => Fault>> = {
  refuse: (label, nth, [status]) => ({ kind: "refuse", label, nth, status: Number(status) as 400 | 403 | 404 }),
  busy: (label, nth, [status, after]) => ({
    kind: "busy",
    label,
    nth,
    status: Number(status) as 429 | 503,
    ...(after === undefined ? {} : { retryAfterMs: durationOf(after) }),
  }),
  "reset-before": (label, nth) => ({ kind: "reset-before", label, nth }),
  "reset-after": (label, nth) => ({ kind: "reset-after", label, nth }),
  hang: (label, nth, [lands]) => ({
    kind: "hang",
    label,
    nth,
    ...(lands === undefined ? {} : { landsAfterMs: durationOf(lands) }),
  }),
  twice: (label, nth, [lands = "45s"]) => ({ kind: "twice", label, nth, landsAfterMs: durationOf(lands) }),
  unsettled: (target, nth) => ({ kind: "unsettled", target, nth }),
};
