/** One request of a cluster whole. Pure. */
import type { HoldView } from "../../ledger/holds.ts";
import type { DecisionView } from "../../ledger/views.ts";
import {
  type DescribedConsumer,
  describedDecision,
  describeRequest,
  type DescribedRotation,
  type DescribeReport,
  stageTrouble,
  type Trouble,
} from "../describe-report.ts";
import { nextSteps } from "../next-steps.ts";
import { present } from "../present.ts";
import { reasonNamed, remedyOf } from "../remedy.ts";
import type { CredentialObject, DecisionObject, RequestObject } from "./resources.ts";
import { conditionIn, deadlineOf, endOf, instant, nextTryOf, shownOf, stagesOf } from "./rotation.ts";
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
  const { now } = around.subject;
  const shown = shownOf(request, now);
  const holds = holdsIn([request]);
  if ("request" in shown) return { rotations: [], requests: [describeRequest(shown.request)], holds };
  const { spec } = request;
  const { durations: _, pendingConsumers: __, ready: ___, nextTryAt: ____, ...rotation } = shown.rotation;
  const { credentialName = "", environment = "" } = credential?.spec ?? {};
  const { seen, world } = around.subject;
  const described: DescribedRotation = {
    ...rotation,
    credentialName,
    environment,
    expect: spec.expect ?? "Alive",
    requestedBy: spec.requestedBy,
    reason: spec.reason,
    ...present({ ticket: spec.ticket }),
    deadline: deadlineOf(request),
    stages: stagesOf(request, now),
    ...present({ trouble: troubleOf(request) ?? stageTrouble(rotation.stage) }),
    consumers: rotation.consumers.map((consumer) => ({
      ...consumer,
      account: accountOf(credential, consumer.id),
      ...failureOf(request, consumer.id),
    })),
    decisions: around.decisions.map((decision) => describedDecision(decisionOf(decision))),
    retired: retiredOf(request, credential),
    nextSteps: seen ? nextSteps({ ...seen, now, decisions: [], tombstones: [] }, rotation.gate, world) : [],
  };
  return { rotations: [described], requests: [], holds };
}

/** Why nothing is started, each finding once, as the requests show it. */
export function holdsIn(requests: readonly RequestObject[]): HoldView[] {
  const found = new Map<string, HoldView>();
  for (const { metadata, status } of requests)
    for (const { reason, message, place = "the ledger", since = metadata.creationTimestamp ?? "" } of status?.holds ??
      [])
      found.set(`${place} ${reason}`, { reason, message, place, published: {}, foundAt: instant(since) });
  return [...found.values()];
}

function failureOf({ status }: RequestObject, id: string): Pick<DescribedConsumer, "since" | "tries" | "remedy"> {
  const row = status?.consumers?.find((each) => each.id === id);
  if (row?.reason === undefined || status?.completedAt !== undefined) return {};
  const { since, tries, reason } = row;
  return present({ since: since === undefined ? undefined : instant(since), tries, remedy: remedyOf(reason) });
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
    ...present({ tries: request.status?.tries }),
    since: instant(lastTransitionTime),
    ...present({ nextTryAt: nextTryOf(request) }),
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
