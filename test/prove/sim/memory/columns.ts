/** Rows of the ledger's tables, with its own names for their columns. Bytes are hexadecimal text, ciphertext is base64. */
import type { Moment } from "./values.ts";

/** What stands in a `jsonb` column: frozen. */
export type Json = Readonly<Record<string, unknown>>;
export type JsonList = readonly unknown[];

export interface SourceRow {
  readonly name: string;
  readonly cursor: string | null;
  readonly baseline: boolean;
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface ProblemRow {
  readonly source: string;
  readonly path: string;
  readonly line: number;
  readonly col: number;
  readonly code: string;
  readonly message: string;
}

export interface ObjectRow {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly source: string;
  readonly generation: number;
  readonly spec: Json;
  readonly spec_hash: string;
  readonly origin: Json;
  readonly trust: string;
  readonly present: boolean;
}

export interface CredentialRow {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly current_id: string | null;
  readonly current_attempt: string | null;
  readonly fingerprint: string | null;
  readonly fingerprints: Json;
  readonly issued_at: Moment | null;
  readonly changed_at: Moment;
}

export interface RequestRow {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Json;
  readonly spec_hash: string;
  readonly origin: Json;
  readonly trust: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly appeared_at: Moment;
  readonly deadline: Moment;
  readonly next_look_at: Moment;
  readonly rotation: string | null;
  readonly changed_at: Moment;
}

export interface RotationRow {
  readonly id: string;
  readonly request: string;
  readonly credential: string;
  readonly namespace: string;
  readonly name: string;
  readonly credential_name: string;
  readonly flow: string;
  readonly expect: string;
  readonly state: string;
  readonly snapshot: Json;
  readonly snapshot_hash: string;
  readonly facts: Json;
  readonly sealed_previous: string | null;
  readonly sealed_slots: string | null;
  readonly fence: number;
  readonly claim: string | null;
  readonly claimed_by: string | null;
  readonly lease_until: Moment;
  readonly next_action_at: Moment;
  readonly wakes: number;
  readonly chain_seq: number;
  readonly chain_hash: string;
  readonly created_at: Moment;
  readonly changed_at: Moment;
  readonly ended_at: Moment | null;
}

export interface ConsumerRow {
  readonly rotation: string;
  readonly id: string;
  readonly state: string;
  readonly touched: boolean;
  readonly facts: Json;
  readonly changed_at: Moment;
}

export interface AttemptRow {
  readonly id: string;
  readonly rotation: string;
  readonly credential: string;
  readonly number: number;
  readonly marker: string;
  readonly mint_class: string;
  readonly inventory: JsonList;
  readonly state: string;
  readonly deadline: Moment;
  readonly sealed: string | null;
  readonly vendor_id: string | null;
  readonly fingerprint: string | null;
  readonly fingerprints: Json;
  readonly facts: Json;
  readonly created_at: Moment;
  readonly changed_at: Moment;
}

export interface EffectRow {
  readonly id: string;
  readonly rotation: string;
  readonly attempt: string | null;
  readonly consumer: string | null;
  readonly label: string;
  readonly fence: number;
  readonly intent_at: Moment;
  readonly deadline_ms: number;
  readonly outcome: string | null;
  readonly detail: Json;
  readonly outcome_at: Moment | null;
}

export interface RetiredRow {
  readonly credential: string;
  readonly vendor_id: string;
  readonly rotation: string;
  readonly fingerprint: string | null;
  readonly state: string;
  readonly destroy_after: Moment | null;
  readonly wish: string;
  readonly residual: JsonList;
  readonly tries: number;
  readonly error: Json | null;
  readonly fence: number;
  readonly claim: string | null;
  readonly lease_until: Moment;
  readonly next_action_at: Moment | null;
  readonly changed_at: Moment;
}

export interface TombstoneRow {
  readonly id: string;
  readonly rotation: string;
  readonly attempt: string;
  readonly marker: string;
  readonly vendor_id: string | null;
  readonly looks: number;
  readonly state: string;
  readonly next_action_at: Moment | null;
  readonly fence: number;
  readonly claim: string | null;
  readonly lease_until: Moment;
  readonly created_at: Moment;
  readonly changed_at: Moment;
  readonly tries: number;
  readonly error: Json | null;
  readonly found: JsonList;
}

export interface DecisionRow {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly request_name: string | null;
  readonly credential_name: string | null;
  readonly spec: Json;
  readonly spec_hash: string;
  readonly origin: Json;
  readonly trust: string;
  readonly state: string;
  readonly reason: string;
  readonly message: string;
  readonly appeared_at: Moment;
  readonly decided_at: Moment | null;
  readonly rotation: string | null;
}

export interface DriftCheckRow {
  readonly credential: string;
  readonly state: string;
  readonly facts: Json;
  readonly postponed: Json | null;
  readonly fence: number;
  readonly claim: string | null;
  readonly lease_until: Moment;
  readonly next_check_at: Moment;
  readonly checked_at: Moment | null;
  readonly changed_at: Moment;
}

export interface HeldRow {
  readonly credential: string;
  readonly place: string;
  readonly version: string | null;
  readonly until: Moment;
  readonly attempt: string | null;
  readonly slots_empty: boolean;
}

export interface FindingRow {
  readonly credential: string;
  readonly place: string;
  readonly kind: string;
  readonly grade: string;
  readonly state: string;
  readonly message: string;
  readonly digest: string;
  readonly details: Json;
  readonly since: Moment;
  readonly last_seen_at: Moment;
  readonly accepted_by: Json | null;
  readonly wanted_by: Json | null;
}

export interface CorrectionRow {
  readonly id: string;
  readonly credential: string;
  readonly place: string;
  readonly fence: number;
  readonly wanted_by: Json | null;
  readonly intent_at: Moment;
  readonly lands_until: Moment;
  readonly outcome: string | null;
  readonly detail: Json;
  readonly outcome_at: Moment | null;
}

export interface SharedPrintRow {
  readonly credential: string;
  readonly field: string;
  readonly print: string;
}

export interface AuditRow {
  readonly chain: string;
  readonly seq: number;
  readonly canonical: string;
  readonly hash: string;
}

export interface WordsRow {
  readonly chain: string;
  readonly seq: number;
  readonly field: string;
  /** Hexadecimal. */
  readonly salt: string;
  readonly text: string;
}

export interface ActorRow {
  readonly id: string;
  readonly salt: string;
  readonly name: string;
}

/** What `lease` says of the install's chain: the one lease that tellings need. */
export interface HeadRow {
  readonly seq: number;
  readonly hash: string;
}

export interface OutboxRow {
  readonly version: number;
}
