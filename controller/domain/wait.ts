import type { Wait } from "./action.ts";
import type { Instant, World } from "./world.ts";

/** A step of the rotation itself that failed waits for its next try. */
export function waitForRetry(world: Pick<World, "rotation">, now: Instant): Wait | undefined {
  const failure = world.rotation.facts.failure;
  if (!failure) return undefined;
  if (failure.nextTryAt !== undefined && failure.nextTryAt <= now) return undefined;
  return { do: "wait", for: failure.reason, until: failure.nextTryAt };
}

export function earliest(...times: readonly (Instant | undefined)[]): Instant | undefined {
  return times.filter((time) => time !== undefined).toSorted()[0];
}
