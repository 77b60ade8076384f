/** Looks at the ledger and at the adapters' own declarations; touches nothing outside. */
import type { SinkTraits } from "../../adapters/contract.ts";
import { CUSTODY } from "../domain/consumers.ts";
import type { AttemptRow, ConsumerRow, Instant, World } from "../domain/world.ts";
import type { Observation } from "../ledger/observe.ts";
import { observeRotation } from "../ledger/observe.ts";
import { Fenced } from "../ledger/record.ts";
import type { Pass } from "./effect.ts";

export interface Observed {
  readonly world: World;
  readonly now: Instant;
}

/** A fresh look, never a cache: requests and decisions are read again before every step. Throws `Fenced`. */
export async function observe({ deps, journal }: Pass): Promise<Observed> {
  const found = await observeRotation(deps.db, journal.claim, journal.snapshot);
  if (!found) throw new Fenced(journal.claim.id);
  const world = worldOf(found, deps.accounts);
  const { state, facts } = world.rotation;
  const rows = found.view.consumers.map((row) => [row.id, row] as const);
  journal.reset({ state, facts, consumers: new Map(rows) }, world.rotation.snapshot, found.view.now);
  return { world, now: found.view.now };
}

/** What is decided from. Throws `Terminal` where an adapter is not there any more. */
export function worldOf(found: Observation, accounts: Pass["deps"]["accounts"]): World {
  const { rotation, consumers, attempts, decisions, retired, credential } = found.view;
  const { snapshot } = rotation;
  const order = new Map(snapshot.credential.spec.consumers.map((spec, index) => [spec.id, index]));
  const sorted = [...consumers].sort((a, b) => (order.get(a.id) ?? -1) - (order.get(b.id) ?? -1));
  const custody = sorted.find((row) => row.id === CUSTODY);
  const sinks: Record<string, SinkTraits> = {};
  for (const row of sorted) sinks[row.id] = accounts.sinkTraits(snapshot, row.id);
  return {
    rotation: {
      ...rotation,
      ...(found.sealedPrevious === null ? {} : { sealedPrevious: found.sealedPrevious }),
      ...(found.sealedSlots === null ? {} : { sealedSlots: found.sealedSlots }),
    },
    custody,
    consumers: sorted.filter((row: ConsumerRow) => row.id !== CUSTODY),
    attempts: attempts.map((attempt) => withSealed(attempt, found.sealedAttempts?.[attempt.id])),
    decisions: decisions.filter((decision) => decision.state === "pending"),
    retired,
    credential,
    wakes: found.wakes,
    issuer: accounts.issuerTraits(snapshot),
    sinks,
  };
}

function withSealed(attempt: AttemptRow, sealed: string | undefined): AttemptRow {
  return sealed === undefined ? attempt : { ...attempt, sealed };
}
