import type {
  AttemptRow,
  ConsumerRow,
  CredentialRow,
  DecisionRow,
  Instant,
  RetiredRow,
  RotationRow,
} from "../domain/world.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** A rotation as the ledger tells it, without sealed values. */
export interface RotationView {
  readonly now: Instant;
  readonly rotation: RotationRow & { readonly nextActionAt?: Instant; readonly claimedBy?: string };
  readonly consumers: readonly ConsumerRow[];
  readonly attempts: readonly AttemptRow[];
  readonly decisions: readonly DecisionView[];
  readonly retired: readonly RetiredRow[];
  readonly credential: CredentialRow;
}

export interface DecisionView extends DecisionRow {
  readonly state: "pending" | "accepted" | "refused" | "baseline";
  readonly reason: string;
  readonly message: string;
}

/** A request that never became a rotation, and why. */
export interface RequestView {
  readonly namespace: string;
  readonly name: string;
  readonly flow: string;
  readonly credential: string;
  readonly state: "pending" | "accepted" | "refused" | "baseline" | "expired";
  readonly reason: string;
  readonly message: string;
  readonly appearedAt: Instant;
  readonly deadline: Instant;
}

export interface ListFilter {
  readonly namespace?: string;
  readonly name?: string;
  /** Ended ones too. */
  readonly all?: boolean;
  readonly limit?: number;
}

const LIST_ROTATIONS = statement("list_rotations");
const LIST_REQUESTS = statement("list_requests");
const DEFAULT_LIMIT = 500;

/** Newest first. */
export async function listRotations(db: Db, filter: ListFilter = {}): Promise<RotationView[]> {
  const rows = await db.query<{ document: RotationView }>(LIST_ROTATIONS, [
    filter.namespace ?? null,
    filter.name ?? null,
    filter.all ?? filter.name !== undefined,
    filter.limit ?? DEFAULT_LIMIT,
  ]);
  return rows.map((row) => row.document);
}

/** Newest first. */
export async function listRequests(db: Db, filter: ListFilter = {}): Promise<RequestView[]> {
  return db.query<RequestView>(LIST_REQUESTS, [
    filter.namespace ?? null,
    filter.name ?? null,
    filter.limit ?? DEFAULT_LIMIT,
  ]);
}
