/** One mutant against its layer: it has to be caught, and by something that the right engine keeps. */
import { type Entry, entryOf } from "../cli/layers.ts";
import type { Found } from "../cli/messages.ts";
import { type Ran, runLayer, type RunOrder } from "../cli/run.ts";
import { HOOK, MUTANT_VARIABLE } from "./hook.ts";
import type { Mutant } from "./mutant.ts";

export interface Verdict {
  readonly mutant: string;
  /** A schedule that the right engine keeps, and this one does not. */
  readonly killed: boolean;
  /** What killed it, or why nothing did. */
  readonly message: string;
  readonly schedules: number;
  readonly seconds: number;
}

const MOST_SCHEDULES = 2_000;
/** A schedule that hangs is no answer. */
const GIVE_UP_MS = 120_000;

export async function trial(
  layers: readonly Entry[],
  mutant: Mutant,
  { seed, env = {} }: { seed: number; env?: Readonly<Record<string, string>> },
): Promise<Verdict> {
  const entry = entryOf(layers, mutant.layer);
  if (!entry) throw new Error(`there is no layer ${mutant.layer}`);
  const order: RunOrder = {
    entry: { ...entry, lanes: 1 },
    seed,
    workers: 1,
    schedules: mutant.schedules ?? MOST_SCHEDULES,
    mostViolations: 1,
    env,
    stop: new AbortController().signal,
    giveUp: AbortSignal.timeout(GIVE_UP_MS),
    ...(mutant.only === undefined ? {} : { only: mutant.only }),
  };
  const ran = await runLayer({
    ...order,
    execArgv: ["--import", HOOK],
    env: { ...env, [MUTANT_VARIABLE]: JSON.stringify(mutant.edits) },
  });
  const [found] = ran.found;
  const wrong = survival(ran, found);
  const verdict = { mutant: mutant.name, schedules: ran.schedules, seconds: ran.seconds };
  if (wrong !== undefined || !found) return { ...verdict, killed: false, message: wrong ?? "" };
  const control = await runLayer({ ...order, replay: [found.schedule] });
  const kept = control.found.length === 0 && control.broke.length === 0;
  const told = found.violations.map(({ invariant, message }) => `${invariant}: ${message}`).join("; ");
  const message = kept
    ? `${found.schedule}: ${told}`
    : `the engine without the mistake breaks the same schedule: ${found.schedule}: ${told}`;
  return { ...verdict, killed: kept, message };
}

/** Why this is no proof that it was caught. */
function survival(ran: Ran, found: Found | undefined): string | undefined {
  if (ran.broke.length > 0) return ran.broke.join("\n");
  if (!found) return `no promise was broken in ${ran.schedules} schedules`;
  const harness = found.violations.find(({ invariant }) => invariant === "harness");
  return harness && `the schedule ${found.schedule} could not be told: ${harness.message}`;
}
