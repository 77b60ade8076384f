/** A cluster as a `Desk`: the decision becomes a RotationDecision, by whom the API server knows, and its answer is awaited. */
import { type CommandContext, type ExitCode, registryOf } from "../command.ts";
import { sayAnswer, timeoutOf, unanswered } from "../answer.ts";
import type { DecisionManifest, DecisionOptions } from "../decision.ts";
import type { Desk, DriftSubject, RetiredSubject } from "../desk.ts";
import { CommandFailure } from "../failure.ts";
import { deliver } from "../manifest.ts";
import { namedBy } from "../names.ts";
import { printable } from "../output.ts";
import { asIfNow } from "../plan.ts";
import { create, myName } from "./create.ts";
import { decisionOf } from "./describe.ts";
import { driftSubjectOf } from "./drift.ts";
import { follow } from "./follow.ts";
import type { OpenCluster } from "./open.ts";
import {
  accountsIfAllowed,
  type CredentialObject,
  CREDENTIALS,
  type DecisionObject,
  DECISIONS,
  find,
  REQUESTS,
  type RequestObject,
} from "./resources.ts";
import { accountsIn, type ClusterSubject, RETIRED, snapshotOf, subjectOf } from "./subject.ts";

export function clusterDesk(cluster: OpenCluster, context: CommandContext): Desk {
  return {
    trustOf: () => "admission",
    subject: async (text, namespace) => subjectIn(cluster, context, text, namespace),
    retired: async (text, namespace) => retiredIn(cluster, context, text, namespace),
    drift: async (text, namespace) => driftIn(cluster, text, namespace),
    whoami: async () => myName(cluster),
    take: async (manifest, options) => take(cluster, context, manifest, options),
  };
}

async function subjectIn(
  cluster: OpenCluster,
  context: CommandContext,
  text: string,
  asked: string | undefined,
): Promise<ClusterSubject> {
  const { name, namespace = cluster.namespace } = namedBy(text, asked);
  const request = (await find(cluster, REQUESTS, name, namespace)) as RequestObject | undefined;
  if (!request) throw unknown("RotationRequest", `${namespace}/${name}`);
  const [credential, accounts, registry] = await Promise.all([
    find(cluster, CREDENTIALS, request.spec.credentialRef.name, namespace),
    accountsIfAllowed(cluster),
    registryOf(context),
  ]);
  return subjectOf(
    request,
    credential as CredentialObject | undefined,
    accounts,
    registry,
    context.clock.now().toISOString(),
  );
}

/** Throws where there is none. */
export async function credentialIn(
  cluster: OpenCluster,
  text: string,
  asked: string | undefined,
): Promise<CredentialObject> {
  const { name, namespace = cluster.namespace } = namedBy(text, asked);
  const credential = (await find(cluster, CREDENTIALS, name, namespace)) as CredentialObject | undefined;
  if (!credential) throw unknown("Credential", `${namespace}/${name}`);
  return credential;
}

async function retiredIn(
  cluster: OpenCluster,
  { clock }: CommandContext,
  text: string,
  asked: string | undefined,
): Promise<RetiredSubject> {
  const credential = await credentialIn(cluster, text, asked);
  const { name, namespace = cluster.namespace } = credential.metadata;
  const accounts = accountsIn((await accountsIfAllowed(cluster)) ?? []);
  const asking = { metadata: credential.metadata, spec: asIfNow(name, clock.now().toISOString()).spec };
  return { namespace, name, ...standing(credential), snapshot: snapshotOf(asking, credential, accounts) };
}

async function driftIn(cluster: OpenCluster, text: string, asked: string | undefined): Promise<DriftSubject> {
  const { name, namespace = cluster.namespace } = namedBy(text, asked);
  const credential = (await find(cluster, CREDENTIALS, name, namespace)) as CredentialObject | undefined;
  if (!credential) throw unknown("Credential", `${namespace}/${name}`);
  return driftSubjectOf(credential, (await accountsIfAllowed(cluster)) ?? []);
}

function standing({ status = {}, spec }: CredentialObject): Omit<RetiredSubject, "namespace" | "name" | "snapshot"> {
  const { currentId = null, activeRotation, retired = [] } = status;
  return {
    credentialName: spec.credentialName,
    currentId,
    live: activeRotation?.request ?? null,
    retired: retired.map(({ vendorId, state }) => ({ vendorId, state: RETIRED[state] })),
  };
}

function unknown(kind: string, place: string): CommandFailure {
  return new CommandFailure({
    happened: `The cluster has no ${kind} ${printable(place)}.`,
    stillFine: "Nothing was created.",
    next: "See what there is with `velvet status --all --all-namespaces`; name another namespace with -n.",
  });
}

async function take(
  cluster: OpenCluster,
  context: CommandContext,
  manifest: DecisionManifest,
  options: DecisionOptions,
): Promise<ExitCode> {
  if (options.write !== undefined || options.output === "yaml") {
    await deliver(context.out, manifest, options.write);
    context.out.note("Nothing was created.");
    return 0;
  }
  const timeoutMs = timeoutOf("--timeout", options.timeout ?? "30s");
  const created = await create(cluster, context, manifest, options.dryRun);
  if (!created || timeoutMs === 0) return 0;
  const signal = AbortSignal.any([context.stop, AbortSignal.timeout(Math.min(timeoutMs, 2 ** 31 - 1))]);
  const { namespace = cluster.namespace, name } = manifest;
  const query = { namespace, fieldSelector: `metadata.name=${name}` };
  for await (const objects of follow(cluster, DECISIONS, query, signal)) {
    const [found] = objects.values();
    if (!found) break;
    const answer = decisionOf(found as DecisionObject);
    if (answer.state !== "pending") return sayAnswer(context, manifest, namespace, answer, options);
  }
  throw unanswered(name, timeoutMs, context.stop.aborted);
}
