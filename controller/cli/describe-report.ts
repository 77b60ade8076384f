/** One rotation whole, for a person who is called at night, and for programs (`docs/reference/schemas/describe.json`). Pure. */
import type { Residual } from "../../adapters/contract.ts";
import { type FollowUp, followUpOf } from "../domain/follow-up.ts";
import type { Preempted } from "../domain/revocation.ts";
import type { RehearsalReport } from "../domain/rehearsal-report.ts";
import type { Condition, ConsumerStatus, OpenGate } from "../domain/status.ts";
import { camelCase } from "../domain/status.ts";
import { isOldValid, OLD_IS_DEAD } from "../domain/ready-text.ts";
import { BOTH } from "../domain/reasons/reason.ts";
import { stuckAt } from "../domain/stuck.ts";
import { summarize } from "../domain/summarize.ts";
import type { Failure, Instant, RetiredRow, World } from "../domain/world.ts";
import type { HoldView } from "../ledger/holds.ts";
import type { DecisionView, RequestView, RotationView } from "../ledger/views.ts";
import { type NextStep, nextSteps } from "./next-steps.ts";
import { present } from "./present.ts";
import { reasonNamed } from "./remedy.ts";

export interface DescribedConsumer extends ConsumerStatus {
  readonly account: string;
  readonly since?: Instant;
  readonly tries?: number;
  readonly remedy?: string;
}

export interface DescribedDecision {
  readonly name: string;
  readonly action: string;
  readonly gate?: string;
  readonly consumer?: string;
  readonly decidedBy: string;
  readonly trust: string;
  readonly ticket?: string;
  readonly at: Instant;
  readonly state: DecisionView["state"];
  readonly reason: string;
  readonly message: string;
  readonly remedy?: string;
}

/** What holds a rotation up, in three sentences. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
  readonly stillFine?: string;
  readonly remedy?: string;
  readonly tries?: number;
  readonly since?: Instant;
  readonly nextTryAt?: Instant;
}

export interface DescribedRotation {
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly credentialName: string;
  readonly environment: string;
  readonly flow: string;
  readonly expect: string;
  readonly requestedBy: string;
  readonly reason: string;
  readonly ticket?: string;
  readonly stage: string;
  readonly createdAt: Instant;
  readonly deadline: Instant;
  readonly endedAt?: Instant;
  /** The replica that works on it now. */
  readonly heldBy?: string;
  readonly stages: readonly { readonly stage: string; readonly at: Instant; readonly ms: number }[];
  readonly conditions: readonly Condition[];
  readonly trouble?: Trouble;
  readonly gate?: OpenGate;
  readonly consumers: readonly DescribedConsumer[];
  readonly decisions: readonly DescribedDecision[];
  readonly retired: readonly Omit<RetiredRow, "rotation">[];
  readonly residual: readonly Residual[];
  /** Of a Revocation: which rotation it ended. */
  readonly preempted?: string;
  /** Of a Revocation that is done: the request that gives the consumers a new credential, ready to be applied but for who asks. */
  readonly followUp?: FollowUp;
  readonly rehearsal?: RehearsalReport;
  readonly nextSteps: readonly NextStep[];
}

export interface DescribedRequest extends RequestView {
  readonly stillFine?: string;
  readonly remedy?: string;
}

export interface DescribeReport {
  readonly rotations: readonly DescribedRotation[];
  /** Those that never became one. */
  readonly requests: readonly DescribedRequest[];
  /** Why nothing is started; mostly none. */
  readonly holds: readonly HoldView[];
}

export function describeRotation(view: RotationView, world: World | undefined): DescribedRotation {
  const { rotation } = view;
  const { snapshot, facts } = rotation;
  const status = summarize(view);
  const { spec } = snapshot.request;
  const failure = rotation.endedAt === undefined || rotation.state === "mint_failed" ? facts.failure : undefined;
  return {
    namespace: rotation.namespace,
    name: rotation.name,
    credential: rotation.credentialName,
    credentialName: snapshot.credential.spec.credentialName,
    environment: snapshot.credential.spec.environment,
    flow: rotation.flow,
    expect: rotation.expect,
    requestedBy: spec.requestedBy,
    reason: spec.reason,
    ...(spec.ticket === undefined ? {} : { ticket: spec.ticket }),
    stage: status.stage,
    createdAt: rotation.createdAt,
    deadline: rotation.deadline,
    ...(rotation.endedAt === undefined ? {} : { endedAt: rotation.endedAt }),
    ...(rotation.claimedBy === undefined ? {} : { heldBy: rotation.claimedBy }),
    stages: status.durations.map(({ stage, ms }, index) => ({
      stage,
      at: facts.entered?.[index]?.at ?? rotation.createdAt,
      ms,
    })),
    conditions: status.conditions,
    ...present({ trouble: troubleIn(view, failure, status.stage) }),
    ...(status.gate ? { gate: status.gate } : {}),
    consumers: status.consumers.map((consumer, index) => describedConsumer(view, consumer, index)),
    decisions: view.decisions.map(describedDecision),
    retired: view.retired
      .filter((row) => row.rotation === rotation.id)
      .map(({ vendorId, state, destroyAfter }) => ({ vendorId, state, ...present({ destroyAfter }) })),
    residual: status.residual,
    ...ofItsFlow(rotation, status.rehearsal),
    nextSteps: nextSteps(view, status.gate, world),
  };
}

/** What only a Revocation or only a rehearsal has. */
function ofItsFlow(
  rotation: RotationView["rotation"],
  rehearsal: RehearsalReport | undefined,
): Pick<DescribedRotation, "preempted" | "followUp" | "rehearsal"> {
  const preempted = preemptedText(rotation.facts.revocation?.preempted);
  return present({ preempted, followUp: followUpOf(rotation), rehearsal });
}

function preemptedText(preempted: Preempted | undefined): string | undefined {
  return preempted && `${preempted.name}, in ${camelCase(preempted.state)}`;
}

/** What stays fine is the stage's to say where a rotation has failed as a whole; and it is never said of an old one that is dead. */
function troubleIn(view: RotationView, failure: Failure | undefined, stage: string): Trouble | undefined {
  const stuck = stuckAt(view);
  const trouble = failure ? troubleOf(failure) : (stageTrouble(stage) ?? (stuck && troubleOf(stuck)));
  if (!trouble) return undefined;
  const fine = WHOLE.has(view.rotation.state) ? reasonNamed(stage)?.fine : trouble.stillFine;
  return { ...trouble, ...present({ stillFine: fine === BOTH && !isOldValid(view) ? OLD_IS_DEAD : fine }) };
}

const WHOLE: ReadonlySet<string> = new Set(["mint_failed", "revoke_failed"]);

function troubleOf({ reason, message, remedy, tries, since, nextTryAt }: Failure): Trouble {
  const known = reasonNamed(reason);
  return {
    reason,
    message,
    ...present({ stillFine: known?.fine, remedy: remedy ?? known?.remedy }),
    tries,
    since,
    ...present({ nextTryAt }),
  };
}

/** Consumers that failed hold a rotation up without a failure of its own: then the stage says what is still fine. */
export function stageTrouble(stage: string): Trouble | undefined {
  const known = /Partial$|Failed$/.test(stage) ? reasonNamed(stage) : undefined;
  return known && { reason: stage, message: known.meaning, stillFine: known.fine, remedy: known.remedy };
}

function describedConsumer(view: RotationView, status: ConsumerStatus, index: number): DescribedConsumer {
  const { custody, consumers } = view.rotation.snapshot.credential.spec;
  const row = view.consumers[index];
  const block = status.id === "custody" ? custody : consumers.find(({ id }) => id === status.id);
  const failure = status.state === "working" ? undefined : row?.facts.failure;
  return {
    ...status,
    account: block?.account ?? "",
    ...(failure ? { since: failure.since, tries: failure.tries, ...present({ remedy: remedyFor(failure) }) } : {}),
  };
}

/** What stands beside the failure knows the case; the catalogue knows the reason. */
function remedyFor({ remedy, reason }: Failure): string | undefined {
  return remedy ?? reasonNamed(reason)?.remedy;
}

export function describedDecision({
  name,
  spec,
  trust,
  state,
  reason,
  message,
  appearedAt,
}: DecisionView): DescribedDecision {
  const remedy = state === "refused" ? reasonNamed(reason)?.remedy : undefined;
  const { action, gate, consumer, decidedBy, ticket } = spec;
  return {
    name,
    action,
    ...(gate === undefined ? {} : { gate }),
    ...(consumer === undefined ? {} : { consumer }),
    decidedBy,
    trust,
    ...(ticket === undefined ? {} : { ticket }),
    at: appearedAt,
    state,
    reason,
    message,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

export function describeRequest(request: RequestView): DescribedRequest {
  const known = reasonNamed(request.reason);
  return { ...request, ...(known ? { stillFine: known.fine, remedy: known.remedy } : {}) };
}
