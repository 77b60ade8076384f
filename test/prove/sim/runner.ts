/** Tells schedules one after the other, each with a vendor of its own, in one database. */
import type { Result } from "../api.ts";
import { proofServer } from "../server.ts";
import { flowsIn } from "../flows.ts";
import { createFake } from "../vendor/fake.ts";
import { EMULATED } from "../emulated/setups.ts";
import { BEGINNING, VirtualClock } from "./clock.ts";
import type { ToldLedger } from "./database.ts";
import { SimLedger } from "./database.ts";
import type { Passed } from "./events.ts";
import { eventKey } from "./events.ts";
import { evidenceOf } from "./evidence.ts";
import { storyText } from "./history.ts";
import { MemoryLedger } from "./memory/ledger.ts";
import { lotsOf } from "./random.ts";
import { scheduleOf } from "./schedule.ts";
import { setupOf } from "./setups.ts";
import type { Story } from "./stories.ts";
import { STORIES } from "./stories.ts";
import { Telling } from "./telling.ts";
import { verdictOf } from "./verdict.ts";

export interface SimResult extends Result {
  /** Every moment that was passed, in order. */
  readonly passed: readonly Passed[];
  /** What happened, whether or not a promise was broken. */
  readonly history: () => string;
  /** Events whose moment never came. */
  readonly missed: readonly string[];
}

export interface SimRunner extends AsyncDisposable {
  readonly ledger: ToldLedger;
  /** Throws where the text is no schedule, or the harness itself breaks. */
  run(text: string): Promise<SimResult>;
}

export interface RunnerOptions {
  /** `memory`: a double, for many more schedules in the same time. It proves nothing where Postgres would do something else. */
  readonly ledger?: "postgres" | "memory";
}

/** `VELVET_PROOF_LEDGER=memory` for a whole process: many more schedules of layers B and D on demand. */
export async function openRunner({ ledger = standard() }: RunnerOptions = {}): Promise<SimRunner> {
  if (ledger === "memory") return runnerOn(new MemoryLedger());
  const { server, stop } = await proofServer();
  return runnerOn(await SimLedger.open(server), stop);
}

function standard(): "postgres" | "memory" {
  return process.env["VELVET_PROOF_LEDGER"] === "memory" ? "memory" : "postgres";
}

/**
 * Only finds out where something can happen; what happens there is told on the ledger that is under test. Where that one is in memory
 * too, it is `given`, and its owner closes it.
 */
export async function openScout(given?: SimRunner): Promise<SimRunner> {
  if (given === undefined) return openRunner({ ledger: "memory" });
  return { ledger: given.ledger, run: async (text) => given.run(text), [Symbol.asyncDispose]: async () => undefined };
}

/** A schedule that is told twice in a row is told once: its text alone decides what happens. */
export function remembering(runner: SimRunner): SimRunner {
  let last: { readonly text: string; readonly result: Promise<SimResult> } | undefined;
  return {
    ledger: runner.ledger,
    run: async (text) => {
      if (last?.text !== text) last = { text, result: runner.run(text) };
      return last.result;
    },
    [Symbol.asyncDispose]: async () => runner[Symbol.asyncDispose](),
  };
}

/** Tells on this ledger, which is closed with the runner. */
export function runnerOn(ledger: ToldLedger, stop?: () => Promise<void>): SimRunner {
  let tellings = 0;
  return {
    ledger,
    run: async (text) => tell(ledger, text, (tellings += 1)),
    [Symbol.asyncDispose]: async () => {
      await ledger[Symbol.asyncDispose]();
      await stop?.();
    },
  };
}

export function storyOf(name: string): Story {
  const story = STORIES[name];
  if (!story) throw new Error(`there is no story ${name}; there are: ${Object.keys(STORIES).join(", ")}`);
  return story;
}

async function tell(ledger: ToldLedger, text: string, number: number): Promise<SimResult> {
  const schedule = scheduleOf(text);
  const story = storyOf(schedule.story);
  const emulated = EMULATED[schedule.setup];
  const given = emulated?.setup ?? setupOf(schedule.setup);
  const setup = story.fit ? story.fit(given) : given;
  if (!setup) throw new Error(`the story ${schedule.story} cannot be told with ${schedule.setup}`);
  const prefix = number.toString(16).padStart(8, "0");
  const clock = new VirtualClock({ quiet: () => ledger.quiet() ?? fake.quiet(), moved: (now) => fake.elapse(now) });
  const lots = lotsOf(text);
  const random = (bytes: number) => lots.bytes(bytes);
  const now = () => clock.now();
  const vendorClock = { now: () => new Date(now()), monotonicMs: () => now() - BEGINNING };
  const rehearses = setup.consumers.some(({ testSlot }) => testSlot !== undefined);
  await using plugs = await emulated?.open({ now, clock: vendorClock, random, rehearses });
  const fake = createFake(setup, clock, random, plugs);
  ledger.now = () => clock.now();
  const telling = new Telling({ schedule, story, ledger, clock, fake, lots, prefix });
  const agenda = await telling.tell();
  const evidence = await evidenceOf({ telling, fake, ledger, now: clock.now() });
  const violations = verdictOf(telling, story, agenda, evidence);
  return {
    schedule: text,
    violations,
    labels: telling.labels,
    flows: flowsIn(evidence.ledger),
    ...(violations.length > 0 ? { story: storyText(telling, evidence) } : {}),
    history: () => storyText(telling, evidence),
    passed: telling.passed,
    missed: telling.missed.map(eventKey),
  };
}
