/** What a Credential shows: whether its consumers work, whether it is rotating, what is in use and what is left of old ones. Pure. */
import { driftConditions } from "../../domain/drift/told.ts";
import type { Reminders } from "../../domain/reminder.ts";
import { withWait } from "../../domain/reminder-text.ts";
import type { Condition } from "../../domain/status.ts";
import { camelCase } from "../../domain/status.ts";
import { summarize } from "../../domain/summarize.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import type { ConsumerRow, Instant, RetiredRow } from "../../domain/world.ts";
import type { DriftView } from "../../ledger/drift-views.ts";
import type { ScheduleState } from "../../ledger/projections.ts";
import type { RotationView } from "../../ledger/views.ts";
import { acceptedCondition, type Problem, refusedConditions, shown } from "./conditions.ts";
import { withDrift } from "./drift-rows.ts";
import { dueCondition } from "./due.ts";
import { lostConditions } from "./lost.ts";
import { consumerRows, consumersReady } from "./rows.ts";

/** A Credential as the ledger has it. */
export interface ShownCredential {
  readonly uid: string;
  /** The ledger's count of its specs; a rotation runs on one of them. */
  readonly generation: number;
  readonly firstSeenAt: Instant;
  readonly currentId?: string;
  readonly fingerprint?: string;
  readonly issuedAt?: Instant;
  readonly retired: readonly RetiredRow[];
  readonly schedule?: ScheduleState;
  /** The live one, or else the one that ended last. */
  readonly rotation?: RotationView;
  /** How it stands between rotations, once one has begun. */
  readonly drift?: DriftView;
  /** How often somebody was reminded of a fight over its places. */
  readonly awaited?: Reminders | null;
}

const MOST_RETIRED = 64;

export function credentialStatus(
  credential: ShownCredential | undefined,
  problems: readonly Problem[],
  generation: number,
  at: Instant,
): Readonly<Record<string, unknown>> {
  const conditions = conditionsOf(credential, problems, at);
  if (credential === undefined) return { observedGeneration: generation, conditions: shown(conditions, generation) };
  const { uid, currentId, fingerprint, issuedAt, schedule } = credential;
  return {
    observedGeneration: generation,
    conditions: shown(conditions, generation),
    uid,
    ...(currentId === undefined ? {} : { currentId }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(schedule === undefined ? {} : { nextRotationTime: schedule.startsAt }),
    ...ofRotation(credential),
    ...(credential.retired.length === 0 ? {} : { retired: retiredRows(credential.retired) }),
  };
}

function ofRotation({ rotation, drift }: ShownCredential): Readonly<Record<string, unknown>> {
  if (rotation === undefined) return {};
  const consumers = withDrift(consumerRows(rotation), drift, isLive(rotation));
  return {
    ...(isRehearsal(rotation) ? {} : { consumersReady: consumersReady(rotation), consumers }),
    ...(isLive(rotation) ? { activeRotation: active(rotation) } : {}),
  };
}

/** It is shown while it runs, and says nothing of the consumers: its rows are of test slots. */
function isRehearsal({ rotation }: RotationView): boolean {
  return rotation.flow === "Testing";
}

function isLive({ rotation }: RotationView): boolean {
  return rotation.endedAt === undefined;
}

function active({ rotation: { id, name, state } }: RotationView): Readonly<Record<string, unknown>> {
  return { request: name, jobID: id, stage: camelCase(state) };
}

function retiredRows(retired: readonly RetiredRow[]): Readonly<Record<string, unknown>>[] {
  return retired.slice(-MOST_RETIRED).map(({ vendorId, state, destroyAfter }) => ({
    vendorId,
    state: camelCase(state),
    ...(destroyAfter === undefined ? {} : { destroyAfter }),
  }));
}

function conditionsOf(
  credential: ShownCredential | undefined,
  problems: readonly Problem[],
  at: Instant,
): readonly Condition[] {
  const rotating = rotatingCondition(credential, at);
  if (problems.length > 0) return [...refusedConditions(problems, at), rotating];
  if (credential === undefined) return [rotating];
  const due = dueCondition(credential.schedule, credential.firstSeenAt);
  const broken = [...interruption(credential), ...lostConditions(credential.rotation)];
  const ready = broken.length > 0 ? broken : [readiness(credential)];
  const accepted = acceptedCondition(credential.firstSeenAt);
  const isStalled = ready.some(({ type }) => type === "Stalled");
  const differs = drifted(credential).filter(({ type }) => type !== "Stalled" || !isStalled);
  return [...ready, accepted, rotating, due, ...differs];
}

/** What a rotation that is under way stalls on stands before what it may mend. */
function drifted({ drift, rotation, firstSeenAt, awaited }: ShownCredential): readonly Condition[] {
  const conditions = driftConditions(drift, firstSeenAt);
  const isFought = conditions.some(({ reason }) => reason === "DriftFight");
  const told = isFought ? withWait(conditions, ["Stalled"], awaited) : conditions;
  return rotation !== undefined && isLive(rotation) ? told.filter(({ type }) => type !== "Stalled") : told;
}

/**
 * What kstatus makes of it: while its consumers work, a Credential is Current, whatever its rotation waits for. A rotation may wait for a
 * person for days, and reports that itself, as the RotationRequest. Only where the consumers have nothing that works is the Credential in
 * progress, or failed.
 */
function interruption({ rotation }: ShownCredential): Condition[] {
  if (rotation === undefined || !isInterrupted(rotation)) return [];
  const { name, createdAt } = rotation.rotation;
  const message = `Its consumers have nothing that works until ${name} has brought them the new credential.`;
  const ready: Condition = {
    type: "Ready",
    status: "False",
    reason: "NothingWorks",
    message,
    lastTransitionTime: rotation.rotation.facts.revoked?.at ?? createdAt,
  };
  return [ready, ...summarize(rotation).conditions.filter(({ type }) => type === "Reconciling" || type === "Stalled")];
}

/** Nothing worked when it began, or what did was ended first; and not everybody has the new one. */
function isInterrupted({ rotation, consumers }: RotationView): boolean {
  if (rotation.endedAt !== undefined || !mayInterrupt(rotation)) return false;
  return consumers.some(({ id, state }) => id !== CUSTODY && WITHOUT.has(state));
}

function mayInterrupt({ expect, facts }: RotationView["rotation"]): boolean {
  return expect !== "Alive" || facts.revoked !== undefined;
}

const WITHOUT: ReadonlySet<ConsumerRow["state"]> = new Set(["pending", "writing", "written", "settled", "failed"]);

/** Between rotations and during one its consumers hold a value that the vendor accepts; Velvet revokes nothing before. */
function readiness({ rotation, firstSeenAt, issuedAt, currentId }: ShownCredential): Condition {
  const said = (reason: string, message: string, at: Instant): Condition => {
    return { type: "Ready", status: "True", reason, message, lastTransitionTime: at };
  };
  if (issuedAt === undefined && currentId === undefined) {
    return said("NotRotatedYet", "It is taken; no rotation has ended yet, so nothing is proven of it.", firstSeenAt);
  }
  const last = rotation?.rotation;
  if (last?.state === "aborted") {
    return said("Aborted", `${last.name} was aborted; see what it says is left.`, firstSeenAt);
  }
  const again = last !== undefined && mayInterrupt(last) ? last.facts.lastReceiptAt : undefined;
  return said("Current", currentId === undefined ? "" : `${currentId} is in use.`, again ?? firstSeenAt);
}

function rotatingCondition(credential: ShownCredential | undefined, at: Instant): Condition {
  const last = credential?.rotation?.rotation;
  if (last === undefined) return idle(credential?.firstSeenAt ?? at, "");
  if (last.endedAt !== undefined) return idle(last.endedAt, `${last.name} ended: ${camelCase(last.state)}.`);
  return {
    type: "Rotating",
    status: "True",
    reason: camelCase(last.state),
    message: `${last.name}, since ${last.createdAt}.${troubleIn(credential?.rotation)}${editedSince(credential, last.snapshot.credential.generation)}`,
    lastTransitionTime: last.createdAt,
  };
}

function troubleIn(rotation: RotationView | undefined): string {
  const stalled = rotation && summarize(rotation).conditions.find(({ type }) => type === "Stalled");
  return stalled === undefined ? "" : ` It is stalled. ${stalled.reason}: ${stalled.message}`;
}

function editedSince(credential: ShownCredential | undefined, generation: number): string {
  const edited = credential !== undefined && credential.generation !== generation;
  return edited ? " It goes on with the spec that it began with; what was edited since applies to the next one." : "";
}

function idle(at: Instant, message: string): Condition {
  return { type: "Rotating", status: "False", reason: "Idle", message, lastTransitionTime: at };
}
