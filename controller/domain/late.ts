/** Writes whose outcome is unknown, and may still land. Pure. */
import type { ConsumerRow, Instant } from "./world.ts";

/** True when it is time to write this place once more, because an earlier write may have landed over the last one. */
export function isSecondWriteDue({ facts }: ConsumerRow, now: Instant): boolean {
  return facts.unsureUntil !== undefined && facts.unsureUntil <= now;
}
