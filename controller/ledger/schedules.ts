/** The scheduler's part of the ledger. */
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import type { ScheduledRequest } from "../domain/schedule/request.ts";
import type { Instant, Trust } from "../domain/world.ts";
import { appendInstallAudit } from "./audit.ts";
import { type Db, statement } from "./db.ts";

/** A Credential whose schedule is to be reckoned. */
export interface DueSchedule {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly trust: Trust;
  readonly rotation: CredentialSpec["rotation"] | null;
  readonly suspended: boolean;
  readonly environment: string;
  readonly firstSeenAt: Instant;
  readonly issuedAt: Instant | null;
  /** When what is known of it changed last, as the database writes it: only to be given back. */
  readonly knownAt: string | null;
  readonly expiresAt: string | null;
  readonly failures: number;
  readonly lastFailedAt: Instant | null;
  /** The live rotation, by its request's name. */
  readonly live: string | null;
  /** A request that waits to be admitted. */
  readonly asked: string | null;
  readonly now: Instant;
  readonly overdue: number;
}

export interface ReckonedSchedule {
  readonly credential: string;
  /** `namespace/name`. */
  readonly place: string;
  readonly generation: number;
  readonly knownAt: string | null;
  readonly dueAt: Instant | null;
  readonly startsAt: Instant | null;
  readonly because: string;
  readonly due: boolean;
  readonly waitsFor: string;
  readonly nextLookAt: Instant;
}

/** A request, and on whose word: the manifest that says how often. */
export interface ScheduledOrder {
  readonly request: ScheduledRequest;
  readonly specHash: string;
  readonly trust: Trust;
  readonly credential: string;
  readonly generation: number;
  readonly dueAt: Instant;
}

const DUE = statement("due_schedules");
const RECORD = statement("record_schedules");
const LIST_OVERDUE = statement("list_overdue");
const ADD_REQUESTS = statement("add_requests");

export async function dueSchedules(db: Db, most: number): Promise<DueSchedule[]> {
  return db.query<DueSchedule>(DUE, [most]);
}

/** One that should have been rotated by now. */
export interface OverdueView {
  readonly namespace: string;
  readonly name: string;
  readonly dueAt: Instant;
  readonly startsAt: Instant;
  readonly because: string;
  /** Empty: it begins at `startsAt`. */
  readonly waitsFor: string;
}

const MOST_OVERDUE = 100;

/** The longest due first. */
export async function listOverdue(db: Db): Promise<OverdueView[]> {
  return db.query<OverdueView>(LIST_OVERDUE, [MOST_OVERDUE]);
}

/** One transaction: a request that is written is never reckoned as still to be written. Returns the names that were new. */
export async function recordSchedules(
  db: Db,
  reckoned: readonly ReckonedSchedule[],
  orders: readonly ScheduledOrder[],
): Promise<readonly string[]> {
  if (reckoned.length === 0) return [];
  return db.transaction(async (tx) => {
    await tx.query(RECORD, [JSON.stringify(reckoned.map(scheduleRow))]);
    const added = orders.length === 0 ? [] : await addRequests(tx, orders);
    await appendInstallAudit(tx, orders.filter(({ request }) => added.includes(keyOf(request))).map(auditOf));
    return added;
  });
}

async function addRequests(tx: Db, orders: readonly ScheduledOrder[]): Promise<string[]> {
  const rows = orders.map(({ request, specHash, trust, credential, generation, dueAt }) => ({
    namespace: request.namespace,
    name: request.name,
    spec: request.spec,
    hash: specHash,
    origin: { kind: "schedule", credential, generation, dueAt },
    trust,
    state: "pending",
    reason: "Pending",
    message: "",
    deadline: request.deadline,
  }));
  const added = await tx.query<{ namespace: string; name: string }>(ADD_REQUESTS, [JSON.stringify(rows), "claimed"]);
  return added.map(keyOf);
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** The reason is the scheduler's own sentence, and nothing that a person wrote. */
function auditOf({ request, credential, generation, dueAt }: ScheduledOrder) {
  const { namespace, name, spec } = request;
  return { event: "RequestScheduled", namespace, name, credential, generation, dueAt, reason: spec.reason };
}

function scheduleRow(reckoned: ReckonedSchedule): object {
  const { credential, place, generation, because, due } = reckoned;
  return {
    credential,
    place,
    generation,
    known_at: reckoned.knownAt,
    due_at: reckoned.dueAt,
    starts_at: reckoned.startsAt,
    because,
    due,
    waits_for: reckoned.waitsFor,
    next_look_at: reckoned.nextLookAt,
  };
}
