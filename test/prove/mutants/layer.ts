/** Layer H: the other layers must notice each of these mistakes. A schedule is the name of a mutant. */
import type { Layer, Result } from "../api.ts";
import { LAYERS } from "../cli/layers.ts";
import { flowOf, MUTANTS } from "./all.ts";
import { Controls } from "./controls.ts";
import { trial } from "./trial.ts";

/** The same for all runs, so that what catches a mutant today catches it tomorrow. */
const SEED = 1;

const controls = new Controls(MUTANTS);

export const layer: Layer = {
  name: "H",
  about: "deliberately wrong protocols, which the other layers must catch",
  schedules: ({ shard, shards, skip = 0, schedules = Infinity, only = "" }) =>
    MUTANTS.map((mutant) => mutant.name)
      .filter((name) => name.includes(only))
      .slice(0, Math.min(schedules, MUTANTS.length))
      .filter((_, index) => index % shards === shard)
      .slice(skip),
  open: async () => ({ run: tell, [Symbol.asyncDispose]: async () => undefined }),
};

async function tell(name: string): Promise<Result> {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (!mutant) throw new Error(`there is no mutant ${name}`);
  const verdict = await trial(LAYERS, mutant, { seed: SEED, controls });
  const survived = { invariant: "H", message: `${mutant.breaks} Not caught: ${verdict.message}` };
  const flows = [flowOf(mutant)];
  return { schedule: name, labels: new Set(), flows, violations: verdict.killed ? [] : [survived] };
}
