/** A RotationRequest as it stands in the cluster, as what people are shown. Pure. */
import type { Condition as ResourceCondition, ConsumerStatus as Row } from "../../../crds/kinds.gen.ts";
import type { Condition, ConsumerStatus, OpenGate, RotationStatus } from "../../domain/status.ts";
import { later } from "../../domain/duration.ts";
import type { RequestView } from "../../ledger/views.ts";
import type { Instant } from "../../domain/world.ts";
import type { DescribedRotation } from "../describe-report.ts";
import { present } from "../present.ts";
import type { RequestObject } from "./resources.ts";

/** A rotation once it has begun, a request before and where it never did. */
export function shownOf(
  object: RequestObject,
  now: Instant,
): { readonly rotation: RotationStatus } | { readonly request: RequestView } {
  const { jobID, startedAt } = object.status ?? {};
  return jobID === undefined && startedAt === undefined
    ? { request: requestOf(object) }
    : { rotation: rotationOf(object, now) };
}

export function placeOf({ metadata }: RequestObject): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

export function conditionIn(object: RequestObject, type: string): ResourceCondition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

function rotationOf(object: RequestObject, now: Instant): RotationStatus {
  const { spec, status = {} } = object;
  const { consumers = [], pendingConsumers = [], residual = [] } = status;
  const ready = conditionIn(object, "Ready");
  const endedAt = endOf(object);
  return {
    ...placeOf(object),
    credential: spec.credentialRef.name,
    flow: spec.flow,
    stage: ready?.reason ?? "Unknown",
    ready: ready?.status === "True",
    conditions: conditionsOf(object),
    ...present({ gate: gateIn(object) }),
    consumers: consumers.map((row) => consumerOf(row, endedAt !== undefined)),
    pendingConsumers,
    residual,
    createdAt: beginOf(object),
    ...present({ endedAt }),
    durations: stagesOf(object, now).map(({ stage, ms }) => ({ stage, ms })),
    ...present({ nextTryAt: nextTryOf(object) }),
  };
}

/** Each lasts until the next one begins; the last one, until now or to its end. Empty where the controller is of an older version. */
export function stagesOf({ status }: RequestObject, now: Instant): DescribedRotation["stages"] {
  const { stages = [], completedAt } = status ?? {};
  const end = completedAt === undefined ? now : instant(completedAt);
  return stages.map(({ stage, enteredAt }, index) => {
    const [at, until] = [instant(enteredAt), instant(stages[index + 1]?.enteredAt ?? end)];
    return { stage, at, ms: Math.max(0, Date.parse(until) - Date.parse(at)) };
  });
}

export function nextTryOf({ status }: RequestObject): Instant | undefined {
  const { nextTryTime, completedAt } = status ?? {};
  return nextTryTime === undefined || completedAt !== undefined ? undefined : instant(nextTryTime);
}

/** When it began; before that, when it was asked for. */
export function beginOf({ status, metadata }: RequestObject): Instant {
  return instant(status?.startedAt ?? metadata.creationTimestamp ?? EPOCH);
}

export function endOf({ status }: RequestObject): Instant | undefined {
  return status?.completedAt === undefined ? undefined : instant(status.completedAt);
}

const WEEK_MS = 7 * 86_400_000;

/** Of one that no controller has looked at yet, as it will be. */
export function deadlineOf(object: RequestObject): Instant {
  const given = object.status?.deadline ?? object.spec.deadline;
  return given === undefined ? later(beginOf(object), WEEK_MS) : instant(given);
}

export function conditionsOf({ status }: RequestObject): Condition[] {
  return (status?.conditions ?? []).map(({ type, status: is, reason, message, lastTransitionTime }) => ({
    type,
    status: is,
    reason,
    message,
    lastTransitionTime: instant(lastTransitionTime),
  }));
}

/** Of an older controller, what it would do stands in the gate's condition alone. */
export function gateIn(object: RequestObject): OpenGate | undefined {
  const gate = object.status?.gate;
  if (!gate) return undefined;
  const said = conditionIn(object, `${gate.name}Approved`)?.message ?? "";
  return { name: gate.name, digest: gate.digest, message: gate.message ?? said.replace(/ ?Digest: \S+$/, "") };
}

function consumerOf({ id, state, reason, message = "", nextTryTime }: Row, ended: boolean): ConsumerStatus {
  const said = reason === undefined || message.startsWith(`${reason}:`) ? message : `${reason}: ${message}`;
  return {
    id,
    state: state.toLowerCase(),
    message: said,
    ...(nextTryTime === undefined || ended ? {} : { nextTryAt: instant(nextTryTime) }),
  };
}

function requestOf(object: RequestObject): RequestView {
  const { spec } = object;
  const refusal = refusalIn(object);
  const { reason, message } = refusal ??
    conditionIn(object, "Ready") ?? { reason: "Pending", message: "No controller has looked at it yet." };
  return {
    ...placeOf(object),
    flow: spec.flow,
    credential: spec.credentialRef.name,
    state: STATES[reason] ?? (refusal ? "refused" : "pending"),
    reason,
    message,
    appearedAt: beginOf(object),
    deadline: deadlineOf(object),
  };
}

function refusalIn(object: RequestObject): ResourceCondition | undefined {
  const accepted = conditionIn(object, "Accepted");
  if (accepted?.status === "False") return accepted;
  const stalled = conditionIn(object, "Stalled");
  return stalled?.status === "True" ? stalled : undefined;
}

const STATES: Readonly<Record<string, RequestView["state"]>> = { Expired: "expired", Baseline: "baseline" };
const EPOCH = "1970-01-01T00:00:00Z";

/** RFC 3339 in UTC, however it was written. */
export function instant(text: string): string {
  const at = Date.parse(text);
  return Number.isNaN(at) ? text : new Date(at).toISOString();
}
