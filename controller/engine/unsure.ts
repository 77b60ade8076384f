/** Writes whose outcome is not known, and may still land. */
import { later } from "../domain/duration.ts";
import type { ConsumerFacts, ConsumerRow, Instant } from "../domain/world.ts";
import type { Deps } from "./deps.ts";
import { landingMs } from "./effect.ts";

type Doubt = Pick<ConsumerFacts, "unsureUntil">;

/** A write that nobody recorded an outcome of may still land: its replica died, or was overtaken. */
export function unsureIfWriting(deps: Deps, row: ConsumerRow, now: Instant): ConsumerRow {
  if (row.state !== "writing") return row;
  return { ...row, facts: { ...row.facts, ...unsureFrom(deps, "unknown", now) } };
}

export function unsureFrom({ leaseMs }: Deps, outcome: "refused" | "unknown", now: Instant): Doubt {
  return outcome === "unknown" ? { unsureUntil: later(now, landingMs(leaseMs)) } : {};
}

/**
 * After a write that succeeded: the doubt stays until this write is later than anything that can still land. `overtakes`: the target's
 * version has moved, and an earlier conditional write is refused. A write that changed nothing moves no version.
 */
export function stillUnsure({ unsureUntil }: ConsumerFacts, writtenAt: Instant, overtakes: boolean): Doubt {
  return overtakes || unsureUntil === undefined || unsureUntil <= writtenAt ? {} : { unsureUntil };
}
