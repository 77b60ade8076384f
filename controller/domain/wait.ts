import type { Instant, World } from "./world.ts";

export interface Wait {
  readonly do: "wait";
  readonly for: string;
  readonly until?: Instant | undefined;
}

/** A step of the rotation itself that failed waits for its next try. */
export function waitForRetry(world: Pick<World, "rotation">, now: Instant): Wait | undefined {
  const failure = world.rotation.facts.failure;
  if (!failure) return undefined;
  if (failure.nextTryAt !== undefined && failure.nextTryAt <= now) return undefined;
  return { do: "wait", for: failure.reason, until: failure.nextTryAt };
}
