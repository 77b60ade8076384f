/** Layer D: whatever can happen, at random. The seed and a number make a schedule, and its text alone tells it again. */
import type { Fault, Layer, LayerOptions, Result } from "../api.ts";
import type { Lots } from "../sim/random.ts";
import { lotsOf } from "../sim/random.ts";
import type { RunnerOptions, SimRunner } from "../sim/runner.ts";
import { openRunner } from "../sim/runner.ts";
import type { Event, Point, Verb } from "../sim/schedule.ts";
import { PERSON_VERBS, scheduleText } from "../sim/schedule.ts";
import { SETUPS } from "../sim/setups.ts";
import { STORIES } from "../sim/stories.ts";
import { shorter } from "./shorter.ts";

const STANDARD = 10_000;

/** Where most can go wrong comes up most often. */
const CALLS =
  `issuer.mint issuer.mint issuer.mint sink.write sink.write sink.write issuer.revoke issuer.revoke issuer.list issuer.verify
  sink.observe sink.settle check.run issuer.read issuer.identify issuer.destroy issuer.restore issuer.moveGrace issuer.usage issuer.detect`.split(
    /\s+/,
  );
/** Only the engine calls these so. */
const LABELS = [
  ...CALLS,
  "sink.restore",
  "issuer.revokeNew",
  "issuer.revokeOrphan",
  "issuer.reap",
  "sink.drop",
  "issuer.keep",
  "issuer.end",
  "check.lockOut",
];
const REPLICAS = ["a", "a", "a", "b", "b", "c"];
const WAITS_MS = [500, 5_000, 20_000, 40_000, 120_000, 600_000, 3_600_000];

export const layer: Layer = {
  name: "D",
  about: "people's commands, vendor faults, crashes, pauses, jumps of time and outages of the ledger, at random",
  schedules,
  open: async () => openRandom(),
};

/** As `layer.open`, on the ledger that is asked for. */
export async function openRandom(options?: RunnerOptions): ReturnType<Layer["open"]> {
  const runner = await openRunner(options);
  return {
    run: async (schedule) => told(runner, schedule),
    [Symbol.asyncDispose]: async () => runner[Symbol.asyncDispose](),
  };
}

/** One that breaks a promise is told with as little as still breaks it. */
async function told(runner: SimRunner, schedule: string): Promise<Result> {
  const result = await runner.run(schedule);
  if (result.violations.length === 0) return result;
  const least = await shorter(runner, result);
  return { ...result, violations: least.violations, story: `at its shortest: ${least.schedule}\n${least.story ?? ""}` };
}

function* schedules({
  seed,
  schedules: most = STANDARD,
  shard,
  shards,
  skip = 0,
  only,
}: LayerOptions): Iterable<string> {
  for (let number = shard + skip * shards; number < most; number += shards) yield randomSchedule(seed, number, only);
}

function randomSchedule(seed: number, number: number, only = ""): string {
  const lots = lotsOf(`D ${seed} ${number}`);
  const setups = Object.keys(SETUPS).filter((name) => name.includes(only));
  const setup = lots.pick(setups);
  const given = SETUPS[setup];
  const stories = Object.keys(STORIES).filter((name) => given && STORIES[name]?.fit?.(given));
  const events = Array.from({ length: lots.below(5) }, () => randomEvent(lots));
  const faults = Array.from({ length: lots.below(4) }, () =>
    randomFault(lots, given?.consumers.map(({ id }) => id) ?? []),
  );
  return scheduleText({ layer: "D", setup, story: lots.pick(stories), events: apart(events), faults });
}

/** Two things at one moment of one replica have no order. */
function apart(events: readonly Event[]): readonly Event[] {
  const places = new Map(events.map((event) => [`${event.replica} ${JSON.stringify(event.point)}`, event]));
  return [...places.values()];
}

function randomEvent(lots: Lots): Event {
  const kind = lots.below(10);
  if (kind < 3) return dies(lots);
  if (kind < 5) return { verb: "pause", replica: lots.pick(REPLICAS), ...pauses(lots) };
  if (kind === 5)
    return { verb: "jump", replica: lots.pick(REPLICAS), point: callPoint(lots), amount: lots.pick(WAITS_MS) };
  if (kind === 6) {
    const statements = lots.pick([1, 2, 5, -1, -2]);
    return { verb: "outage", replica: lots.pick(REPLICAS), point: callPoint(lots), amount: statements };
  }
  const verb: Verb = lots.pick(PERSON_VERBS);
  const isIdle = lots.below(2) === 0;
  return {
    verb,
    replica: "a",
    point: isIdle ? { label: "wait", at: "before", nth: 1 + lots.below(4) } : callPoint(lots),
  };
}

function dies(lots: Lots): Event {
  const point = callPoint(lots);
  const replica = lots.pick(REPLICAS);
  if (lots.below(3) > 0) return { verb: "die", replica, point };
  return { verb: "die", replica, point: { ...point, at: "flight" }, amount: lots.pick(WAITS_MS) };
}

function pauses(lots: Lots): Pick<Event, "point" | "until"> {
  const point = callPoint(lots);
  const where = lots.below(3) === 0 ? { point: { ...point, at: "flight" } as const } : { point };
  return lots.below(4) === 0
    ? where
    : { ...where, until: { replica: lots.pick(["b", "b", "c"]), point: callPoint(lots) } };
}

function callPoint(lots: Lots): Point {
  return { label: lots.pick(LABELS), at: lots.pick(["before", "after"]), nth: 1 + lots.below(3) };
}

function randomFault(lots: Lots, targets: readonly string[]): Fault {
  const label = lots.pick(CALLS);
  const nth = 1 + lots.below(4);
  const landsAfterMs = lots.pick(WAITS_MS);
  switch (lots.below(8)) {
    case 0:
      return { kind: "refuse", label, nth, status: lots.pick([400, 403, 404] as const) };
    case 1:
      return { kind: "busy", label, nth, status: lots.pick([429, 503] as const), retryAfterMs: lots.pick(WAITS_MS) };
    case 2:
      return { kind: "reset-before", label, nth };
    case 3:
      return { kind: "reset-after", label, nth };
    case 4:
      return { kind: "hang", label, nth };
    case 5:
      return { kind: "hang", label, nth, landsAfterMs };
    case 6:
      return { kind: "twice", label, nth, landsAfterMs };
    default:
      return { kind: "unsettled", target: lots.pick(["custody", ...targets]), nth: 1 + lots.below(2) };
  }
}
