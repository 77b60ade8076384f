/** Everything that is due now is looked at once. */
import { Lookout } from "./lookout.ts";
import type { DriftDeps } from "./pass.ts";

/** Returns how much there was: looks, and decisions that were answered. Any number of replicas may do this at once. */
export async function tendDrift(deps: DriftDeps): Promise<number> {
  const lookout = new Lookout(deps);
  let done = 0;
  try {
    for (let found = await lookout.turn(); found > 0; found = await lookout.turn()) done += found;
  } finally {
    await lookout.idle();
  }
  return done;
}
