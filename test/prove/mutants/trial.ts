/** One mutant against its layer: it has to be caught, and by something that the right engine keeps. */
import { type Entry, entryOf } from "../cli/layers.ts";
import type { Found } from "../cli/messages.ts";
import { type Ran, runLayer, type RunOrder } from "../cli/run.ts";
import { type Control, Controls } from "./controls.ts";
import { HOOK, MUTANT_VARIABLE } from "./hook.ts";
import type { Mutant } from "./mutant.ts";

export interface Verdict {
  readonly mutant: string;
  /** A schedule breaks a promise that the right engine keeps in the same schedule. */
  readonly killed: boolean;
  /** What killed it, or why nothing did. */
  readonly message: string;
  readonly schedules: number;
  readonly seconds: number;
}

const MOST_SCHEDULES = 2_000;
/** So many broken promises are looked at, where the right engine breaks the first ones too. */
const MOST_LOOKED_AT = 5;
/** Nothing is begun after that: what has not noticed by then is told as such, with how much it was shown. */
const LOOK_MS = 45_000;
/** A schedule that hangs is no answer: whatever the right engine tells of this length is over long before. */
const GIVE_UP_MS = 60_000;

export interface TrialOrder {
  readonly seed: number;
  readonly controls?: Controls;
  readonly env?: Readonly<Record<string, string>>;
  /** For one look. Default: 45 s. */
  readonly lookMs?: number;
  /** For one look, with what was begun in time. Default: 60 s. */
  readonly giveUpMs?: number;
}

export async function trial(layers: readonly Entry[], mutant: Mutant, order: TrialOrder): Promise<Verdict> {
  const begun = performance.now();
  const known = mutant.known === undefined ? undefined : await look(layers, mutant, order, [mutant.known]);
  const answer = known?.killed === true ? known : await look(layers, mutant, order);
  return { mutant: mutant.name, ...answer, seconds: (performance.now() - begun) / 1000 };
}

type Answer = Omit<Verdict, "mutant" | "seconds">;

async function look(
  layers: readonly Entry[],
  mutant: Mutant,
  { seed, env = {}, controls = new Controls([]), lookMs = LOOK_MS, giveUpMs = GIVE_UP_MS }: TrialOrder,
  replay?: readonly string[],
): Promise<Answer> {
  const entry = entryOf(layers, mutant.layer);
  if (!entry) throw new Error(`there is no layer ${mutant.layer}`);
  const order: RunOrder = {
    entry,
    seed,
    workers: 1,
    schedules: MOST_SCHEDULES,
    mostViolations: 1,
    // Mistakes in SQL are none for a double.
    env: { ...env, VELVET_PROOF_LEDGER: "postgres" },
    stop: AbortSignal.timeout(lookMs),
    giveUp: AbortSignal.timeout(giveUpMs),
    ...(mutant.only === undefined ? {} : { only: mutant.only }),
    ...(replay === undefined ? {} : { replay }),
  };
  const mutated = {
    ...order,
    execArgv: ["--import", HOOK],
    env: { ...order.env, [MUTANT_VARIABLE]: JSON.stringify(mutant.edits) },
  };
  const first = await judged(await runLayer(mutated), order, controls);
  if (first.killed || !first.isAmbiguous) return first;
  return judged(await runLayer({ ...mutated, mostViolations: MOST_LOOKED_AT }), order, controls);
}

/** The same schedules, told with the engine as it is. */
async function judged(
  ran: Ran,
  order: RunOrder,
  controls: Controls,
): Promise<Answer & { readonly isAmbiguous: boolean }> {
  const { schedules } = ran;
  if (ran.broke.length > 0) {
    const hangs = order.giveUp?.aborted === true ? ["a schedule did not come to its end in time"] : [];
    return { killed: false, message: [...hangs, ...ran.broke].join("\n"), schedules, isAmbiguous: false };
  }
  if (ran.found.length === 0) {
    const message = `no promise was broken in ${schedules} schedules${ran.complete ? "" : ", and its time was over"}`;
    return { killed: false, message, schedules, isAmbiguous: false };
  }
  const control = await controls.of(ran.found.map(textOf), order);
  const caught = ran.found.find((found) => breaksMore(found, control));
  const shown = caught ?? ran.found[0];
  const told = shown ? `${shown.schedule}: ${promisesOf(shown)}` : "";
  if (caught) return { killed: true, message: told, schedules, isAmbiguous: false };
  const message = `the engine without the mistake breaks the same: ${told}`;
  return { killed: false, message, schedules, isAmbiguous: true };
}

/** A schedule that could not be told says nothing. */
function breaksMore(found: Found, controls: ReadonlyMap<string, Control>): boolean {
  const control = controls.get(found.schedule) ?? "could not be told";
  if (control === "could not be told") return false;
  const anyway = new Set(["harness", ...control.map(({ invariant }) => invariant)]);
  return found.violations.some(({ invariant }) => !anyway.has(invariant));
}

function textOf({ schedule }: Found): string {
  return schedule;
}

function promisesOf({ violations }: Found): string {
  return violations.map(({ invariant, message }) => `${invariant}: ${message}`).join("; ");
}
