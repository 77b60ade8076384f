/** What a Credential shows: whether its consumers work, whether it is rotating, what is in use and what is left of old ones. Pure. */
import { driftConditions } from "../../domain/drift/told.ts";
import type { Condition } from "../../domain/status.ts";
import { camelCase } from "../../domain/status.ts";
import { summarize } from "../../domain/summarize.ts";
import type { Instant, RetiredRow } from "../../domain/world.ts";
import type { DriftView } from "../../ledger/drift-views.ts";
import type { RotationView } from "../../ledger/views.ts";
import { acceptedCondition, type Problem, refusedConditions, shown } from "./conditions.ts";
import { withDrift } from "./drift-rows.ts";
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
  /** The live one, or else the one that ended last. */
  readonly rotation?: RotationView;
  /** How it stands between rotations, once one has begun. */
  readonly drift?: DriftView;
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
  const { uid, currentId, fingerprint, issuedAt, rotation, drift } = credential;
  return {
    observedGeneration: generation,
    conditions: shown(conditions, generation),
    uid,
    ...(currentId === undefined ? {} : { currentId }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(rotation === undefined
      ? {}
      : {
          consumersReady: consumersReady(rotation),
          consumers: withDrift(consumerRows(rotation), drift, isLive(rotation)),
        }),
    ...(rotation !== undefined && isLive(rotation) ? { activeRotation: active(rotation) } : {}),
    ...(credential.retired.length === 0 ? {} : { retired: retiredRows(credential.retired) }),
  };
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
  const accepted = acceptedCondition(credential.firstSeenAt);
  return [readiness(credential), ...progress(credential), accepted, rotating, ...drifted(credential)];
}

/** What a rotation that is under way stalls on stands before what it may mend. */
function drifted({ drift, rotation, firstSeenAt }: ShownCredential): readonly Condition[] {
  const told = driftConditions(drift, firstSeenAt);
  return rotation !== undefined && isLive(rotation) ? told.filter(({ type }) => type !== "Stalled") : told;
}

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
  return said("Current", currentId === undefined ? "" : `${currentId} is in use.`, firstSeenAt);
}

function progress({ rotation }: ShownCredential): Condition[] {
  if (rotation === undefined || rotation.rotation.endedAt !== undefined) return [];
  return summarize(rotation).conditions.filter(({ type }) => type === "Reconciling" || type === "Stalled");
}

function rotatingCondition(credential: ShownCredential | undefined, at: Instant): Condition {
  const last = credential?.rotation?.rotation;
  if (last === undefined) return idle(credential?.firstSeenAt ?? at, "");
  if (last.endedAt !== undefined) return idle(last.endedAt, `${last.name} ended: ${camelCase(last.state)}.`);
  return {
    type: "Rotating",
    status: "True",
    reason: camelCase(last.state),
    message: `${last.name}, since ${last.createdAt}.${editedSince(credential, last.snapshot.credential.generation)}`,
    lastTransitionTime: last.createdAt,
  };
}

function editedSince(credential: ShownCredential | undefined, generation: number): string {
  const edited = credential !== undefined && credential.generation !== generation;
  return edited ? " It goes on with the spec that it began with; what was edited since applies to the next one." : "";
}

function idle(at: Instant, message: string): Condition {
  return { type: "Rotating", status: "False", reason: "Idle", message, lastTransitionTime: at };
}
