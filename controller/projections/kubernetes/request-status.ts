/** What a RotationRequest shows of its rotation, or of why it has none. Pure. */
import { gateFacts } from "../../domain/gates.ts";
import type { Reminders } from "../../domain/reminder.ts";
import { withWait } from "../../domain/reminder-text.ts";
import type { Condition, OpenGate } from "../../domain/status.ts";
import { summarize } from "../../domain/summarize.ts";
import type { Instant } from "../../domain/world.ts";
import { liveAttempt } from "../../domain/world.ts";
import type { HoldView } from "../../ledger/holds.ts";
import type { RotationView } from "../../ledger/views.ts";
import { acceptedCondition, bounded, type Problem, refusedConditions, shown } from "./conditions.ts";
import { holdRows, reminderRows, stageRows, tryFields, waitRows } from "./progress.ts";
import { consumerRows, consumersReady, residualRows } from "./rows.ts";

/** A request as the ledger has it, with its rotation where it became one. */
export interface ShownRequest {
  readonly namespace: string;
  readonly name: string;
  readonly state: "pending" | "accepted" | "refused" | "baseline" | "expired";
  readonly reason: string;
  readonly message: string;
  readonly trust: string;
  readonly appearedAt: Instant;
  readonly changedAt: Instant;
  readonly deadline: Instant;
  readonly rotation?: RotationView;
  /** How often somebody was reminded that it has not begun. */
  readonly awaited?: Reminders | null;
  /** Why nothing is started at all; mostly none. */
  readonly holds?: readonly HoldView[];
}

export function requestStatus(
  request: ShownRequest | undefined,
  problems: readonly Problem[],
  generation: number,
  at: Instant,
): Readonly<Record<string, unknown>> {
  const conditions = conditionsOf(request, problems, at);
  return {
    observedGeneration: generation,
    conditions: shown(conditions, generation),
    ...(request === undefined ? {} : { trust: request.trust, deadline: request.deadline }),
    ...(request?.rotation === undefined ? {} : rotationFields(request.rotation)),
    ...(isWaiting(request) ? waitRows(whyOf(request).reason, request.awaited) : {}),
    ...holdRows(isOpen(request) ? request?.holds : []),
  };
}

function isWaiting(request: ShownRequest | undefined): request is ShownRequest {
  return request?.rotation === undefined && request?.state === "pending";
}

/** A hold keeps nothing from staying as it ended. */
function isOpen(request: ShownRequest | undefined): boolean {
  if (request?.rotation !== undefined) return request.rotation.rotation.endedAt === undefined;
  return request?.state === "pending";
}

function conditionsOf(request: ShownRequest | undefined, problems: readonly Problem[], at: Instant): Condition[] {
  if (request?.rotation !== undefined) return [...rotating(request.rotation), ...acceptance(request, problems)];
  const stages = stagesNotReached(request?.appearedAt ?? at);
  if (problems.length > 0) return [...refusedConditions(problems, request?.changedAt ?? at), ...stages];
  if (request === undefined) return stages;
  const told = isWaiting(request) ? withWait(waiting(request), ["Ready"], request.awaited) : waiting(request);
  return [...told, acceptedOf(request), ...stages];
}

/** A later edit that is refused changes nothing of a rotation that goes on. */
function acceptance(request: ShownRequest, problems: readonly Problem[]): Condition[] {
  if (problems.length === 0) return [acceptedCondition(request.appearedAt)];
  return refusedConditions(problems, request.changedAt).filter(({ type }) => type === "Accepted");
}

function acceptedOf(request: ShownRequest): Condition {
  if (request.state === "pending") return acceptedCondition(request.appearedAt);
  const { reason, message, changedAt } = request;
  return { type: "Accepted", status: "False", reason, message, lastTransitionTime: changedAt };
}

/** One that is refused, expired or only recorded will never be executed; another one waits. */
function waiting(request: ShownRequest): Condition[] {
  const { state, appearedAt, changedAt } = request;
  const { reason, message } = whyOf(request);
  const ready: Condition = { type: "Ready", status: "False", reason, message, lastTransitionTime: appearedAt };
  const progress: Condition =
    state === "pending"
      ? { type: "Reconciling", status: "True", reason, message, lastTransitionTime: appearedAt }
      : { type: "Stalled", status: "True", reason, message, lastTransitionTime: changedAt };
  return [ready, progress];
}

function whyOf(request: ShownRequest): { readonly reason: string; readonly message: string } {
  const { state, holds: [hold] = [] } = request;
  return state === "pending" && hold !== undefined ? hold : request;
}

/** An end without success is final, and a person looks at it: kstatus calls that stalled. */
function rotating(view: RotationView): Condition[] {
  const { conditions } = summarize(view);
  const ready = conditions.find(({ type }) => type === "Ready");
  const { endedAt } = view.rotation;
  if (endedAt === undefined || ready === undefined || ready.status === "True") return [...conditions];
  const { reason, message } = ready;
  return [...conditions, { type: "Stalled", status: "True", reason, message, lastTransitionTime: endedAt }];
}

/** Of a request that has no rotation yet, whatever its flow. */
const STAGES = ["Verified", "MintApproved", "Minted", "Distributed", "Validated", "RevokeApproved", "Revoked"];

function stagesNotReached(at: Instant): Condition[] {
  return STAGES.map((type) => ({ type, status: "Unknown", reason: "NotReached", message: "", lastTransitionTime: at }));
}

function rotationFields(view: RotationView): Readonly<Record<string, unknown>> {
  const { rotation } = view;
  const { gate, pendingConsumers } = summarize(view);
  const residual = residualRows(view);
  const minted = liveAttempt(view)?.vendorId;
  return {
    jobID: rotation.id,
    ...(gate === undefined ? {} : { gate: gateFields(view, gate) }),
    ...reminderRows(view),
    ...stageRows(view),
    ...tryFields(view),
    consumersReady: consumersReady(view),
    consumers: consumerRows(view),
    // An empty list and none are the same to a reader, and not to server-side apply.
    ...(pendingConsumers.length === 0 ? {} : { pendingConsumers }),
    ...(residual.length === 0 ? {} : { residual }),
    ...(rotation.facts.verify?.previousId === undefined ? {} : { previousId: rotation.facts.verify.previousId }),
    ...(minted === undefined || rotation.flow === "Testing" ? {} : { currentId: minted }),
    startedAt: rotation.createdAt,
    ...(rotation.endedAt === undefined ? {} : { completedAt: rotation.endedAt }),
  };
}

const LONGEST_GATE = 1_024;

function gateFields(
  { rotation }: RotationView,
  { name, digest, message }: OpenGate,
): Readonly<Record<string, unknown>> {
  const opened = gateFacts({ rotation }, name)?.openedAt;
  const { credentialName } = rotation.snapshot.credential.spec;
  const careful = name === "Revoke" ? ` --confirm ${credentialName} --ticket <ticket>` : "";
  return {
    name,
    digest,
    ...(opened === undefined ? {} : { openedAt: opened }),
    message: bounded(message, LONGEST_GATE),
    command: `kubectl velvet approve ${rotation.name} -n ${rotation.namespace} --gate ${name} --digest ${digest}${careful}`,
  };
}
