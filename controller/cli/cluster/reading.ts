/** The resources of a cluster as a `Reading`: what their status shows, for whoever has kubectl. */
import type { Clock } from "../../../adapters/contract.ts";
import type { AccountView } from "../../ledger/accounts.ts";
import type { Instant } from "../../domain/world.ts";
import { type CommandContext, registryOf } from "../command.ts";
import type { DescribeReport } from "../describe-report.ts";
import type { PastRotation } from "../history.ts";
import { present } from "../present.ts";
import type { Asked, Following, Reading, ReadFilter } from "../reading.ts";
import type { StatusPage } from "../status-text.ts";
import { describedOf, holdsIn } from "./describe.ts";
import { driftEntryOf, driftLinesOf } from "./drift.ts";
import { follow, type Objects } from "./follow.ts";
import type { OpenCluster } from "./open.ts";
import {
  type AccountObject,
  accountsIfAllowed,
  type CredentialObject,
  CREDENTIALS,
  type DecisionObject,
  DECISIONS,
  find,
  list,
  listIfAllowed,
  type ListQuery,
  REQUESTS,
  type RequestObject,
} from "./resources.ts";
import { refusedIn } from "./refused.ts";
import { beginOf, conditionIn, instant, shownOf } from "./rotation.ts";
import { subjectOf } from "./subject.ts";

export function clusterReading(cluster: OpenCluster, context: Pick<CommandContext, "registry" | "clock">): Reading {
  return {
    name: "The cluster",
    whereElse: "See all of this namespace with `velvet status --all`; name another one with -n.",
    asked: async (filter) =>
      askedIn(
        (await list(cluster, REQUESTS, queryOf(cluster, filter))).objects as readonly RequestObject[],
        filter,
        nowIn(context),
      ),
    follow: (filter, following) => followed(cluster, context, filter, following),
    surroundings: kept(context.clock, async (filter) => surroundingsIn(cluster, filter)),
    drift: async (filter) => (await credentialsIn(cluster, filter)).map(driftEntryOf),
    described: async (filter) => describedIn(cluster, context, filter),
    history: async (filter) => historyIn(cluster, filter),
  };
}

async function credentialsIn(cluster: OpenCluster, filter: ReadFilter): Promise<readonly CredentialObject[]> {
  return (await list(cluster, CREDENTIALS, queryOf(cluster, filter))).objects as readonly CredentialObject[];
}

function queryOf(cluster: OpenCluster, { namespace, name, everywhere }: ReadFilter): ListQuery {
  return {
    ...(everywhere === true ? {} : { namespace: namespace ?? cluster.namespace }),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  };
}

function nowIn({ clock }: Pick<CommandContext, "clock">): Instant {
  return clock.now().toISOString();
}

async function* followed(
  cluster: OpenCluster,
  context: Pick<CommandContext, "clock">,
  filter: ReadFilter,
  { signal }: Following,
): AsyncGenerator<Asked> {
  for await (const objects of follow(cluster, REQUESTS, queryOf(cluster, filter), signal)) {
    yield askedIn([...requestsIn(objects)], filter, nowIn(context));
  }
}

const FRESH_MS = 5_000;

/** A page that is drawn anew with every change lists what stands around it only now and then. */
function kept(clock: Clock, look: Reading["surroundings"]): Reading["surroundings"] {
  let last: { readonly at: number; readonly found: ReturnType<Reading["surroundings"]> } | undefined;
  return async (filter) => {
    const now = clock.monotonicMs();
    if (last === undefined || now - last.at > FRESH_MS) last = { at: now, found: look(filter) };
    return last.found;
  };
}

async function surroundingsIn(
  cluster: OpenCluster,
  filter: ReadFilter,
): Promise<Pick<StatusPage, "sources" | "accounts" | "holds" | "drifted">> {
  const { namespace } = queryOf(cluster, filter);
  const [credentials, accounts] = await Promise.all([
    listIfAllowed(cluster, CREDENTIALS, { namespace }),
    accountsIfAllowed(cluster),
  ]);
  const objects = [...(credentials ?? []), ...(accounts ?? [])] as readonly (CredentialObject | AccountObject)[];
  const drifted = driftLinesOf((credentials ?? []) as readonly CredentialObject[]);
  return { sources: refusedIn(objects), accounts: (accounts ?? []).map(accountOf), holds: [], drifted };
}

function requestsIn(objects: Objects): IterableIterator<RequestObject> {
  return objects.values() as IterableIterator<RequestObject>;
}

/** Newest first; ended ones only where they are asked for. */
function askedIn(objects: readonly RequestObject[], { name, all }: ReadFilter, now: Instant): Asked {
  const shown = objects.map((object) => shownOf(object, now));
  const rotations = shown
    .flatMap((each) => ("rotation" in each ? [each.rotation] : []))
    .filter(({ endedAt }) => all === true || name !== undefined || endedAt === undefined)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  const requests = shown.flatMap((each) => ("request" in each ? [each.request] : []));
  return { rotations, requests, holds: holdsIn(objects) };
}

function accountOf({ metadata, spec, status = {} }: AccountObject): AccountView {
  const { remaining = null, lastProbeTime } = status;
  const probed = {
    name: metadata.name,
    adapter: spec.adapter,
    remaining,
    probedAt: lastProbeTime === undefined ? null : instant(lastProbeTime),
    blockedUntil: null,
  };
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  if (!ready)
    return { ...probed, ready: null, reason: "NotProbed", message: "Nobody has probed it yet.", changedAt: null };
  const { status: is, reason, message, lastTransitionTime } = ready;
  return {
    ...probed,
    ready: is === "Unknown" ? null : is === "True",
    reason,
    message,
    changedAt: instant(lastTransitionTime),
  };
}

async function describedIn(
  cluster: OpenCluster,
  context: Pick<CommandContext, "registry" | "clock">,
  filter: ReadFilter,
): Promise<DescribeReport> {
  const { name = "", namespace = cluster.namespace } = filter;
  const request = (await find(cluster, REQUESTS, name, namespace)) as RequestObject | undefined;
  if (!request) return { rotations: [], requests: [], holds: [] };
  const [credential, decisions, accounts, registry] = await Promise.all([
    find(cluster, CREDENTIALS, request.spec.credentialRef.name, namespace),
    list(cluster, DECISIONS, { namespace, fieldSelector: `spec.requestRef.name=${name}` }),
    accountsIfAllowed(cluster),
    registryOf(context),
  ]);
  const subject = subjectOf(
    request,
    credential as CredentialObject | undefined,
    accounts,
    registry,
    context.clock.now().toISOString(),
  );
  return describedOf(request, credential as CredentialObject | undefined, {
    decisions: decisions.objects as readonly DecisionObject[],
    subject,
  });
}

async function historyIn(cluster: OpenCluster, filter: Parameters<Reading["history"]>[0]): Promise<PastRotation[]> {
  const { namespace } = queryOf(cluster, present({ namespace: filter.namespace, everywhere: filter.everywhere }));
  const fieldSelector = filter.credential === undefined ? undefined : `spec.credentialRef.name=${filter.credential}`;
  const [requests, decisions] = await Promise.all([
    list(cluster, REQUESTS, { namespace, fieldSelector }),
    list(cluster, DECISIONS, { namespace, fieldSelector: "spec.action=Approve" }),
  ]);
  const approvals = (decisions.objects as readonly DecisionObject[]).filter(isAccepted);
  return (requests.objects as readonly RequestObject[])
    .flatMap((request) => pastOf(request, approvals) ?? [])
    .sort((a, b) => b.endedAt.localeCompare(a.endedAt))
    .slice(0, filter.limit);
}

function isAccepted({ status }: DecisionObject): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
}

function pastOf(request: RequestObject, approvals: readonly DecisionObject[]): PastRotation | undefined {
  const { metadata, spec, status } = request;
  if (status?.completedAt === undefined) return undefined;
  const createdAt = beginOf(request);
  const endedAt = instant(status.completedAt);
  const mine = approvals.filter(({ spec: { requestRef } }) => requestRef?.name === metadata.name);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    credential: spec.credentialRef.name,
    flow: spec.flow,
    result: conditionIn(request, "Ready")?.reason ?? "Unknown",
    createdAt,
    endedAt,
    durationMs: Date.parse(endedAt) - Date.parse(createdAt),
    requestedBy: spec.requestedBy,
    approvedBy: mine.map(({ spec: { gate = "Revoke", decidedBy, ticket } }) => ({
      gate,
      name: decidedBy,
      ...present({ ticket }),
    })),
    ...present({ ticket: spec.ticket }),
    residual: status.residual?.length ?? 0,
  };
}
