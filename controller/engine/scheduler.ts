/** Writes the requests that schedules ask for: one replica at a time, a pass now and then, all of it from the ledger. */
import type { AdmissionContext } from "../domain/candidate.ts";
import { instantOf } from "../domain/duration.ts";
import { becauseOf } from "../domain/schedule/schedule.ts";
import { PASS_MS, reckon, type Reckoning, type Scheduled } from "../domain/schedule/reckon.ts";
import { QUIET_MS } from "../domain/stuck.ts";
import { specHash } from "../domain/spec-hash.ts";
import { scheduledRequest } from "../domain/schedule/request.ts";
import { touchStuck } from "../ledger/stuck.ts";
import { claimLease } from "../ledger/lease.ts";
import {
  dueSchedules,
  type DueSchedule,
  type ReckonedSchedule,
  recordSchedules,
  type ScheduledOrder,
} from "../ledger/schedules.ts";
import type { Deps } from "./deps.ts";

const BATCH = 500;

interface Candidate extends Scheduled {
  readonly row: DueSchedule;
}

export interface SchedulerContext extends Pick<AdmissionContext, "environment" | "rotationOn"> {
  /** False where nothing may be started now. */
  readonly free: boolean;
  /** How many are reckoned in one transaction. */
  readonly batch?: number;
}

/** One pass, unless another replica made one just now. Returns how many requests were written. */
export async function keepSchedules(deps: Deps, context: SchedulerContext): Promise<number> {
  const order = { name: "scheduler", claim: deps.uuid(), owner: deps.replica, ttlMs: PASS_MS * 0.9 };
  // The lease is never given back: whoever has it has made this pass.
  if ((await claimLease(deps.db, order)) === undefined) return 0;
  await touchStuck(deps.db, QUIET_MS);
  const { batch = BATCH } = context;
  let written = 0;
  for (;;) {
    const rows = await dueSchedules(deps.db, batch);
    written += await passOver(deps, rows, context, written);
    if (rows.length < batch) return written;
  }
}

async function passOver(
  deps: Deps,
  rows: readonly DueSchedule[],
  context: SchedulerContext,
  begun: number,
): Promise<number> {
  const [first] = rows;
  if (first === undefined) return 0;
  const { environment, rotationOn, free } = context;
  const reckoned = reckon(rows.map(candidateOf), {
    now: first.now,
    environment,
    rotationOn: rotationOn && free,
    overdue: first.overdue,
    begun,
  });
  const orders = reckoned.flatMap((one) => orderOf(one, first.now));
  const added = await recordSchedules(deps.db, reckoned.map(rowOf), orders);
  for (const { request } of orders) {
    const facts = { request: `${request.namespace}/${request.name}` };
    if (added.includes(facts.request)) deps.log.info(facts, `requested on schedule: ${request.spec.reason}`);
    else deps.log.warn(facts, "the schedule asks for a request whose name is taken; remove the other one");
  }
  return added.length;
}

function candidateOf(row: DueSchedule): Candidate {
  const { uid, namespace, name, firstSeenAt, failures, suspended, environment } = row;
  const underWay = row.live ?? row.asked ?? undefined;
  const expiresAt = instantOf(row.expiresAt);
  return {
    row,
    uid,
    namespace,
    name,
    firstSeenAt,
    failures,
    suspended,
    environment,
    rotation: row.rotation ?? undefined,
    ...(row.issuedAt === null ? {} : { issuedAt: row.issuedAt }),
    ...(row.lastFailedAt === null ? {} : { lastFailedAt: row.lastFailedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(underWay === undefined ? {} : { underWay }),
  };
}

function rowOf({ credential, schedule, due, waitsFor, nextLookAt }: Reckoning<Candidate>): ReckonedSchedule {
  const { uid, namespace, name, generation, knownAt } = credential.row;
  return {
    credential: uid,
    place: `${namespace}/${name}`,
    generation,
    knownAt,
    dueAt: schedule?.dueAt ?? null,
    startsAt: schedule?.startsAt ?? null,
    because: schedule === undefined ? "" : becauseOf(schedule),
    due,
    waitsFor,
    nextLookAt,
  };
}

function orderOf({ credential, schedule, begin }: Reckoning<Candidate>, now: string): ScheduledOrder[] {
  if (!begin || schedule === undefined) return [];
  const request = scheduledRequest(credential, schedule, now);
  const { uid, generation, trust } = credential.row;
  return [{ request, specHash: specHash(request.spec), trust, credential: uid, generation, dueAt: schedule.dueAt }];
}
