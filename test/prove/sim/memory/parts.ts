/** What a step changes besides the rotation's own row. */
import type { AttemptRow, EffectRow, Json, JsonList, RotationRow } from "./columns.ts";
import type { Tables } from "./tables.ts";
import { base64Lines, check, jsonb, later, momentOf, Refused, unique, whole } from "./values.ts";

const CONSUMER_STATES = new Set("pending writing written settled working failed skipped inactive restored".split(" "));
const ATTEMPT_STATES = new Set(["open", "minted", "burned", "lost", "current", "revoked"]);
const OUTCOMES = new Set<unknown>(["done", "refused", "unknown", null]);
const RETIRED_STATES = new Set(["quarantined", "destroyed", "restored", "live", "manual"]);

export interface ConsumerPatch {
  readonly id: string;
  readonly state: string;
  readonly touched: boolean;
  readonly facts: Json;
}

export function writeConsumers({ consumer, now }: Tables, held: RotationRow, patches: readonly ConsumerPatch[]): void {
  for (const { id, state, touched, facts } of patches) {
    check(CONSUMER_STATES.has(state), "consumer_state_check");
    const row = { rotation: held.id, id, state, touched, facts: jsonb(facts), changed_at: now };
    consumer.put(`${held.id} ${id}`, row);
  }
}

export interface AttemptPatch {
  readonly id: string;
  readonly number: number;
  readonly marker: string;
  readonly mint_class: string;
  readonly inventory: JsonList;
  readonly state: string;
  readonly deadline: string;
  readonly sealed?: string;
  readonly vendor_id?: string;
  readonly fingerprint?: string;
  readonly fingerprints: Json;
  readonly facts: Json;
}

export function writeAttempts({ attempt, now }: Tables, held: RotationRow, patches: readonly AttemptPatch[]): void {
  for (const patch of patches) {
    check(ATTEMPT_STATES.has(patch.state), "attempt_state_check");
    const shown = {
      state: patch.state,
      sealed: patch.sealed === undefined ? null : base64Lines(patch.sealed),
      vendor_id: patch.vendor_id ?? null,
      fingerprint: patch.fingerprint ?? null,
      facts: jsonb(patch.facts),
      changed_at: now,
    };
    const known = attempt.get(patch.id);
    const fingerprints = known && isEmpty(patch.fingerprints) ? known.fingerprints : jsonb(patch.fingerprints);
    attempt.put(patch.id, { ...(known ?? opened(held, patch, now)), ...shown, fingerprints });
  }
  if (patches.length > 0) obeyIndexes(attempt.where((row) => row.credential === held.credential));
}

function opened(held: RotationRow, { id, number, marker, mint_class, inventory, deadline }: AttemptPatch, now: number) {
  return {
    id,
    rotation: held.id,
    credential: held.credential,
    number: whole(number),
    marker,
    mint_class,
    inventory: jsonb(inventory),
    deadline: momentOf(deadline),
    created_at: now,
  };
}

/** A rotation belongs to one credential, so that its attempts are all among these. */
function obeyIndexes(rows: readonly AttemptRow[]): void {
  const numbers = new Set(rows.map(({ rotation, number }) => `${rotation} ${number}`));
  unique(numbers.size === rows.length, "attempt_rotation_number_key");
  unique(rows.filter(({ state }) => state === "open").length <= 1, "attempt_one_open");
}

function isEmpty(object: Json): boolean {
  return Object.keys(object).length === 0;
}

export interface EffectPatch {
  readonly id: string;
  readonly attempt?: string;
  readonly consumer?: string;
  readonly label: string;
  readonly deadline_ms: number;
  readonly outcome?: string;
  readonly detail: Json;
}

export function writeEffects({ effect, now }: Tables, held: RotationRow, patches: readonly EffectPatch[]): void {
  for (const patch of patches) {
    const outcome = patch.outcome ?? null;
    check(OUTCOMES.has(outcome), "effect_outcome_check");
    const known: Omit<EffectRow, "outcome" | "detail" | "outcome_at"> = effect.get(patch.id) ?? {
      id: patch.id,
      rotation: held.id,
      attempt: patch.attempt ?? null,
      consumer: patch.consumer ?? null,
      label: patch.label,
      fence: held.fence,
      intent_at: now,
      deadline_ms: whole(patch.deadline_ms),
    };
    const outcome_at = outcome === null ? null : now;
    effect.put(patch.id, { ...known, outcome, detail: jsonb(patch.detail), outcome_at });
  }
}

export interface RetiredPatch {
  readonly vendor_id: string;
  readonly fingerprint?: string;
  readonly state: string;
  readonly destroy_after_ms?: number;
  readonly residual: JsonList;
}

const NOT_HELD = { wish: "destroy", fence: 0, claim: null, lease_until: -Infinity };

export function writeRetired({ retired, now }: Tables, held: RotationRow, patches: readonly RetiredPatch[]): void {
  const seen = new Set<string>();
  for (const { vendor_id, fingerprint, state, destroy_after_ms, residual } of patches) {
    if (seen.has(vendor_id)) throw new Refused("21000", "ON CONFLICT DO UPDATE cannot affect row a second time");
    seen.add(vendor_id);
    check(RETIRED_STATES.has(state), "retired_state_check");
    const key = `${held.credential} ${vendor_id}`;
    const known = retired.get(key);
    const destroy_after = destroy_after_ms === undefined ? null : later(now, whole(destroy_after_ms));
    retired.put(key, {
      ...NOT_HELD,
      fence: known ? known.fence + 1 : NOT_HELD.fence,
      credential: held.credential,
      vendor_id,
      rotation: held.id,
      fingerprint: fingerprint ?? known?.fingerprint ?? null,
      state,
      destroy_after,
      next_action_at: destroy_after,
      residual: jsonb(residual),
      tries: 0,
      error: null,
      changed_at: now,
    });
  }
}
