/** One request of a cluster whole. Pure. */
import type { DecisionView } from "../../ledger/views.ts";
import {
  describedDecision,
  describeRequest,
  type DescribedRotation,
  type DescribeReport,
  stageTrouble,
  type Trouble,
} from "../describe-report.ts";
import { nextSteps } from "../next-steps.ts";
import { present } from "../present.ts";
import { reasonNamed } from "../remedy.ts";
import type { CredentialObject, DecisionObject, RequestObject } from "./resources.ts";
import { conditionIn, instant, shownOf } from "./rotation.ts";
import type { ClusterSubject } from "./subject.ts";

interface Around {
  readonly decisions: readonly DecisionObject[];
  readonly subject: ClusterSubject;
}

export function describedOf(
  request: RequestObject,
  credential: CredentialObject | undefined,
  around: Around,
): DescribeReport {
  const shown = shownOf(request);
  if ("request" in shown) return { rotations: [], requests: [describeRequest(shown.request)], holds: [] };
  const { spec, status } = request;
  const { durations: _, pendingConsumers: __, ready: ___, nextTryAt: ____, ...rotation } = shown.rotation;
  const trouble = rotation.endedAt === undefined ? troubleOf(request) : undefined;
  const { seen, world, now } = around.subject;
  const decisions = around.decisions.map(decisionOf);
  const described: DescribedRotation = {
    ...rotation,
    credentialName: credential?.spec.credentialName ?? "",
    environment: credential?.spec.environment ?? "",
    expect: spec.expect ?? "Alive",
    requestedBy: spec.requestedBy,
    reason: spec.reason,
    ...present({ ticket: spec.ticket }),
    deadline: instant(status?.deadline ?? spec.deadline ?? rotation.createdAt),
    stages: [],
    ...present({ trouble: trouble ?? stageTrouble(rotation.stage) }),
    consumers: rotation.consumers.map((consumer) => ({ ...consumer, account: accountOf(credential, consumer.id) })),
    decisions: decisions.map(describedDecision),
    retired: retiredOf(request, credential),
    nextSteps: seen ? nextSteps({ ...seen, now, decisions: [], tombstones: [] }, rotation.gate, world) : [],
  };
  return { rotations: [described], requests: [], holds: [] };
}

function troubleOf(request: RequestObject): Trouble | undefined {
  const stalled = conditionIn(request, "Stalled");
  const again = conditionIn(request, "Reconciling");
  const shown = stalled?.status === "True" ? stalled : again?.reason === "ProgressingWithRetry" ? again : undefined;
  if (!shown) return undefined;
  const { reason, message, lastTransitionTime } = shown;
  const known = reasonNamed(reason);
  return {
    reason,
    message,
    ...present({ stillFine: known?.fine, remedy: known?.remedy }),
    since: instant(lastTransitionTime),
  };
}

function accountOf(credential: CredentialObject | undefined, id: string): string {
  const { custody, consumers = [] } = credential?.spec ?? {};
  return (id === "custody" ? custody : consumers.find((consumer) => consumer.id === id))?.account ?? "";
}

function retiredOf({ status }: RequestObject, credential: CredentialObject | undefined): DescribedRotation["retired"] {
  const mine = (credential?.status?.retired ?? []).filter(({ vendorId }) => vendorId === status?.previousId);
  return mine.map(({ vendorId, state, destroyAfter }) => ({
    vendorId,
    state: state.toLowerCase() as "live",
    ...present({ destroyAfter }),
  }));
}

export function decisionOf({ metadata, spec, status }: DecisionObject): DecisionView {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const state = ready?.status === "True" ? "accepted" : ready?.status === "False" ? "refused" : "pending";
  return {
    uid: metadata.uid,
    name: metadata.name,
    spec,
    trust: status?.trust ?? "claimed",
    appearedAt: instant(metadata.creationTimestamp ?? ""),
    state,
    reason: ready?.reason ?? "",
    message: ready?.message ?? "",
  };
}
