/** What to do about a reason, as the catalogue of reasons has it. */
import { REASONS } from "../domain/reasons.ts";
import type { Reason } from "../domain/reasons/reason.ts";

/** Undefined where the catalogue does not know it: an adapter's own reason brings its remedy along. */
export function reasonNamed(reason: string): Reason | undefined {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
}

export function remedyOf(reason: string): string | undefined {
  return reasonNamed(reason)?.remedy;
}
