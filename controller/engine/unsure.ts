/** Writes whose outcome is not known, at sinks that take whatever comes last. */
import type { Sink } from "../../adapters/contract.ts";
import { later } from "../domain/duration.ts";
import type { ConsumerFacts, ConsumerRow, Instant } from "../domain/world.ts";
import type { Deps } from "./deps.ts";
import { landingMs } from "./effect.ts";

type Doubt = Pick<ConsumerFacts, "unsureUntil">;

/** A write that nobody recorded an outcome of may still land: its replica died, or was overtaken. */
export function unsureIfWriting(deps: Deps, row: ConsumerRow, sink: Sink, now: Instant): ConsumerRow {
  if (row.state !== "writing") return row;
  return { ...row, facts: { ...row.facts, ...unsureFrom(deps, "unknown", sink, now) } };
}

export function unsureFrom({ leaseMs }: Deps, outcome: "refused" | "unknown", sink: Sink, now: Instant): Doubt {
  return outcome === "unknown" && !sink.traits.conditional ? { unsureUntil: later(now, landingMs(leaseMs)) } : {};
}

/** After a write that succeeded: the doubt stays until this write is later than anything that can still land. */
export function stillUnsure({ unsureUntil }: ConsumerFacts, writtenAt: Instant): Doubt {
  return unsureUntil === undefined || unsureUntil <= writtenAt ? {} : { unsureUntil };
}
