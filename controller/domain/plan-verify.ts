import type { Action } from "./action.ts";
import { waitForRetry } from "./wait.ts";
import type { Instant, World } from "./world.ts";

export function planVerify(world: World, now: Instant): Action | undefined {
  if (world.rotation.facts.verify) return undefined;
  if (world.rotation.deadline <= now) return { do: "finish-abort", keepNew: false };
  return waitForRetry(world, now) ?? { do: "verify" };
}
