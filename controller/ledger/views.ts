import type {
  AttemptRow,
  ConsumerRow,
  CredentialRow,
  DecisionRow,
  Instant,
  RetiredRow,
  RotationRow,
  Snapshot,
  TombstoneRow,
} from "../domain/world.ts";
import { type Reminders, remindersText } from "../domain/reminder.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** A rotation as the ledger tells it, without sealed values. */
export interface RotationView {
  readonly now: Instant;
  readonly rotation: RotationRow & {
    readonly nextActionAt?: Instant;
    readonly claimedBy?: string;
    readonly leaseUntil?: Instant;
  };
  readonly consumers: readonly ConsumerRow[];
  readonly attempts: readonly AttemptRow[];
  readonly decisions: readonly DecisionView[];
  readonly retired: readonly RetiredRow[];
  readonly credential: CredentialRow;
  readonly tombstones: readonly TombstoneRow[];
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
  /** For people: since when somebody is waited for, and how often they were reminded. */
  readonly reminded?: string;
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

/** A row of the view `rotation_world`. */
export interface WorldRow {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly credential_name: string;
  readonly flow: RotationRow["flow"];
  readonly expect: RotationRow["expect"];
  readonly state: RotationRow["state"];
  readonly snapshot: Snapshot;
  readonly snapshot_hash: string;
  readonly facts: RotationRow["facts"];
  readonly wakes: number;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly ended_at: Date | null;
  /** `Infinity` where only a wake leads on. */
  readonly next_action_at: Date | number;
  readonly lease_until: Date | number;
  readonly claimed_by: string | null;
  readonly deadline: Date;
  readonly current_id: string | null;
  readonly fingerprint: string | null;
  readonly consumers: readonly ConsumerRow[] | null;
  readonly attempts: readonly AttemptRow[] | null;
  readonly decisions: readonly DecisionView[] | null;
  readonly retired: readonly RetiredRow[] | null;
  readonly mints_today: number;
  readonly expires_at: string | null;
  readonly due_at: string | null;
  readonly tombstones: readonly TombstoneRow[] | null;
  readonly now: Date;
}

/** Pure. */
export function viewOf(row: WorldRow): RotationView {
  return {
    now: row.now.toISOString(),
    rotation: {
      id: row.id,
      namespace: row.namespace,
      name: row.name,
      credential: row.credential,
      credentialName: row.credential_name,
      flow: row.flow,
      expect: row.expect,
      state: row.state,
      snapshot: row.snapshot,
      snapshotHash: row.snapshot_hash,
      facts: row.facts,
      createdAt: row.created_at.toISOString(),
      changedAt: row.changed_at.toISOString(),
      deadline: row.deadline.toISOString(),
      ...whileLive(row),
    },
    consumers: row.consumers ?? [],
    attempts: row.attempts ?? [],
    decisions: row.decisions ?? [],
    retired: row.retired ?? [],
    credential: knownOf(row),
    tombstones: row.tombstones ?? [],
  };
}

function whileLive(row: WorldRow): Omit<RotationView["rotation"], keyof RotationRow> & Pick<RotationRow, "endedAt"> {
  if (row.ended_at) return { endedAt: row.ended_at.toISOString() };
  return {
    ...(row.next_action_at instanceof Date ? { nextActionAt: row.next_action_at.toISOString() } : {}),
    ...(row.claimed_by !== null && row.lease_until > row.now
      ? {
          claimedBy: row.claimed_by,
          ...(row.lease_until instanceof Date ? { leaseUntil: row.lease_until.toISOString() } : {}),
        }
      : {}),
  };
}

function knownOf(row: WorldRow): CredentialRow {
  return {
    mintsToday: row.mints_today,
    ...(row.current_id === null ? {} : { currentId: row.current_id }),
    ...(row.fingerprint === null ? {} : { fingerprint: row.fingerprint }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.due_at === null ? {} : { dueAt: row.due_at }),
  };
}

/** Newest first. */
export async function listRotations(db: Db, filter: ListFilter = {}): Promise<RotationView[]> {
  const rows = await db.query<WorldRow>(LIST_ROTATIONS, [
    filter.namespace ?? null,
    filter.name ?? null,
    filter.all ?? filter.name !== undefined,
    filter.limit ?? DEFAULT_LIMIT,
  ]);
  return rows.map(viewOf);
}

/** Newest first. */
export async function listRequests(db: Db, filter: ListFilter = {}): Promise<RequestView[]> {
  const { namespace = null, name = null, limit = DEFAULT_LIMIT } = filter;
  const rows = await db.query<RequestView & { readonly awaited: Reminders | null }>(LIST_REQUESTS, [
    namespace,
    name,
    limit,
  ]);
  return rows.map(({ awaited, ...view }) => (awaited === null ? view : { ...view, reminded: remindersText(awaited) }));
}

/**
 * Rotations, and the requests that have none, each of them once. Requests are read first: one that is accepted meanwhile is
 * then a rotation, never missing.
 */
export async function listAsked(
  db: Db,
  filter: ListFilter = {},
): Promise<{ rotations: RotationView[]; requests: RequestView[] }> {
  const waiting = await listRequests(db, filter);
  const rotations = await listRotations(db, filter);
  const begun = new Set(rotations.map(({ rotation }) => placeOf(rotation)));
  return { rotations, requests: waiting.filter((request) => !begun.has(placeOf(request))) };
}

function placeOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
