import type { Cause } from "../../domain/backoff.ts";
import { nextFailure } from "../../domain/backoff.ts";
import type { Pass } from "../effect.ts";

/** The mint did not come further: why, and when it is tried again. */
export async function recordDelay(pass: Pass, cause: Cause): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "MintDelayed", reason: cause.reason },
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
  }));
}
