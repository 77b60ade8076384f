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
import { conditionIn, deadlineOf, endOf, instant, shownOf } from "./rotation.ts";
import { type ClusterSubject, RETIRED } from "./subject.ts";

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
  const { spec } = request;
  const { durations: _, pendingConsumers: __, ready: ___, nextTryAt: ____, ...rotation } = shown.rotation;
  const { credentialName = "", environment = "" } = credential?.spec ?? {};
  const { seen, world, now } = around.subject;
  const described: DescribedRotation = {
    ...rotation,
    credentialName,
    environment,
    expect: spec.expect ?? "Alive",
    requestedBy: spec.requestedBy,
    reason: spec.reason,
    ...present({ ticket: spec.ticket }),
    deadline: deadlineOf(request),
    stages: [],
    ...present({ trouble: troubleOf(request) ?? stageTrouble(rotation.stage) }),
    consumers: rotation.consumers.map((consumer) => ({ ...consumer, account: accountOf(credential, consumer.id) })),
    decisions: around.decisions.map((decision) => describedDecision(decisionOf(decision))),
    retired: retiredOf(request, credential),
    nextSteps: seen ? nextSteps({ ...seen, now, decisions: [], tombstones: [] }, rotation.gate, world) : [],
  };
  return { rotations: [described], requests: [], holds: [] };
}

function troubleOf(request: RequestObject): Trouble | undefined {
  if (endOf(request) !== undefined) return undefined;
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
    state: RETIRED[state],
    ...present({ destroyAfter }),
  }));
}

export function decisionOf({ metadata, spec, status }: DecisionObject): DecisionView {
  const { conditions = [], trust = "claimed" } = status ?? {};
  const ready = conditions.find(({ type }) => type === "Ready");
  const appeared = { uid: metadata.uid, name: metadata.name, spec, trust };
  const appearedAt = instant(metadata.creationTimestamp ?? "");
  if (!ready) return { ...appeared, appearedAt, state: "pending", reason: "", message: "" };
  const { status: is, reason, message } = ready;
  return { ...appeared, appearedAt, state: ANSWERS[is], reason, message };
}

const ANSWERS = { True: "accepted", False: "refused", Unknown: "pending" } as const;
