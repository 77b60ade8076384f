/** What the steps for one consumer share. */
import type { Sink } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Cause } from "../domain/backoff.ts";
import { nextFailure } from "../domain/backoff.ts";
import { consumersState, CUSTODY } from "../domain/consumers.ts";
import type { AttemptRow, ConsumerFacts, ConsumerRow, Instant, RotationFacts, State, World } from "../domain/world.ts";
import type { Pass, Performed } from "./effect.ts";
import type { Live } from "./journal.ts";

/** What all steps for one consumer need. */
export interface ConsumerPass extends Pass {
  readonly world: World;
  readonly id: string;
  readonly attempt: AttemptRow;
  readonly value: SecretFields;
  readonly sink: Sink;
}

export function rowOf(live: Live, id: string): ConsumerRow {
  const row = live.consumers.get(id);
  if (!row) throw new Error(`the ledger has no consumer ${id}`);
  return row;
}

export function withoutFailure(facts: ConsumerFacts): ConsumerFacts {
  const { failure: _, failedAt: __, ...rest } = facts;
  return rest;
}

/** The changed row, and what the rotation's state is with it. */
export function withRow(
  live: Live,
  now: Instant,
  row: ConsumerRow,
): { consumers: [ConsumerRow]; state: State; facts: RotationFacts } {
  const rows = new Map(live.consumers).set(row.id, row);
  const others = [...rows.values()].filter((each) => each.id !== CUSTODY);
  const state = row.id === CUSTODY && row.state !== "working" ? live.state : consumersState(others, live.state);
  const receipt = row.state === "working" && row.id !== CUSTODY;
  return { consumers: [row], state, facts: receipt ? { ...live.facts, lastReceiptAt: now } : live.facts };
}

export async function fail(
  pass: Omit<ConsumerPass, "sink">,
  step: "write" | "settle" | "check",
  cause: Cause,
  performed?: Performed<unknown>,
): Promise<false> {
  await pass.journal.write((live, now) => {
    const row = rowOf(live, pass.id);
    const failure = nextFailure(row.facts.failure, cause, now, pass.deps.jitter());
    // Waiting for a write to take effect is no failure: the row stays written.
    const state = cause.reason === "Settling" ? "written" : "failed";
    return {
      audit: { event: "ConsumerFailed", consumer: pass.id, step, reason: cause.reason, tries: failure.tries },
      ...withRow(live, now, { ...row, state, facts: { ...row.facts, failure, failedAt: step } }),
      effects: performed?.effect ?? [],
    };
  });
  return false;
}
