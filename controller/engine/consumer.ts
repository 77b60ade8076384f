/** What the steps for one consumer share. */
import type { Sink } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Cause } from "../domain/backoff.ts";
import { nextFailure } from "../domain/backoff.ts";
import { consumersState, CUSTODY } from "../domain/consumers.ts";
import type { AttemptRow, ConsumerFacts, ConsumerRow, Instant, RotationFacts, State, World } from "../domain/world.ts";
import type { EffectPatch } from "../ledger/record.ts";
import type { Pass } from "./effect.ts";
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

/** What was done for a consumer and is not recorded yet. */
export interface Carried {
  readonly effects: readonly EffectPatch[];
  readonly facts: ConsumerFacts;
}

/** The reason of a write that is waiting to take effect, which is no failure: its row stays written. */
export const SETTLING = "Settling";

export async function fail(
  pass: Omit<ConsumerPass, "sink">,
  step: "write" | "settle" | "check",
  cause: Cause,
  carried?: Partial<Carried>,
): Promise<false> {
  await pass.journal.write((live, now) => {
    const row = rowOf(live, pass.id);
    const failure = nextFailure(row.facts.failure, cause, now, pass.deps.jitter());
    const facts = { ...row.facts, ...carried?.facts, failure, failedAt: step };
    const state = cause.reason === SETTLING ? "written" : "failed";
    return {
      audit: { event: "ConsumerFailed", consumer: pass.id, step, reason: cause.reason, tries: failure.tries },
      ...withRow(live, now, { ...row, state, facts }),
      effects: carried?.effects ?? [],
    };
  });
  return false;
}
