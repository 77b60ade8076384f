/** Names of a cluster for a half-typed command line. Never rejects, and never makes a person wait: then there are none. */
import { contextNames } from "../../kubernetes/contexts.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import type { Resource } from "../../kubernetes/resource.ts";
import type { CommandContext } from "../command.ts";
import type { Suggestion, Wanted } from "../complete.ts";
import type { ClusterChoice } from "../target.ts";
import { type OpenCluster, withCluster } from "./open.ts";
import { type CredentialObject, CREDENTIALS, find, list, REQUESTS, type RequestObject } from "./resources.ts";
import { conditionIn } from "./rotation.ts";

const PATIENCE_MS = 5_000;
const MOST = 500;
const NAMESPACES: Resource = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };

export async function namesOnCluster({ env }: Pick<CommandContext, "env">, wanted: Wanted): Promise<Suggestion[]> {
  const { "--kubeconfig": kubeconfig, "--context": context } = wanted.options;
  const choice: ClusterChoice = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  if (wanted.what === "context") return contextNames({ ...choice, env }).map((value) => ({ value }));
  const stop = AbortSignal.timeout(PATIENCE_MS);
  try {
    const found = await withCluster({ env, stop }, choice, async (cluster) => look(cluster, wanted));
    return found.slice(0, MOST);
  } catch {
    return [];
  }
}

async function look(cluster: OpenCluster, wanted: Wanted): Promise<Suggestion[]> {
  const { current, options, before } = wanted;
  const asked = options["--namespace"] ?? cluster.namespace;
  switch (wanted.what) {
    case "namespace":
      return (await list(cluster, NAMESPACES, {})).objects.map(({ metadata }) => ({ value: metadata.name }));
    case "consumer":
      return consumersOf(await objectIn(cluster, REQUESTS, before[0], asked));
    case "vendor-id":
      return retiredOf(await objectIn(cluster, CREDENTIALS, before[0], asked));
    case "credential":
      return credentialsIn(cluster, asked, current);
    case "request":
      return requestsIn(cluster, asked, current, wanted.command);
    default: {
      const [requests, credentials] = await Promise.all([
        requestsIn(cluster, asked, current, wanted.command),
        credentialsIn(cluster, asked, current),
      ]);
      return [...requests, ...credentials];
    }
  }
}

/** `orders/rot` is a name in another namespace, and goes on with it in front. */
function placeIn(asked: string, current: string): { readonly namespace: string; readonly before: string } {
  const slash = current.indexOf("/");
  const namespace = current.slice(0, Math.max(0, slash));
  return slash === -1 ? { namespace: asked, before: "" } : { namespace, before: `${namespace}/` };
}

async function credentialsIn(cluster: OpenCluster, asked: string, current: string): Promise<Suggestion[]> {
  const { namespace, before } = placeIn(asked, current);
  const objects = (await list(cluster, CREDENTIALS, { namespace })).objects as readonly CredentialObject[];
  return objects.map(({ metadata, spec }) => ({ value: before + metadata.name, description: spec.credentialName }));
}

const DECIDING: ReadonlySet<string> = new Set(["abort", "retry", "confirm", "skip", "wait"]);

/** Only those that the command can be about. */
async function requestsIn(
  cluster: OpenCluster,
  asked: string,
  current: string,
  command: string,
): Promise<Suggestion[]> {
  const { namespace, before } = placeIn(asked, current);
  const objects = (await list(cluster, REQUESTS, { namespace })).objects as readonly RequestObject[];
  const fit = objects.filter(({ status }) => {
    if (command === "approve" || command === "deny") return status?.gate !== undefined;
    return !DECIDING.has(command) || status?.completedAt === undefined;
  });
  return fit.map((object) => ({
    value: before + object.metadata.name,
    description: conditionIn(object, "Ready")?.reason ?? "Pending",
  }));
}

async function objectIn(
  cluster: OpenCluster,
  resource: Resource,
  text: string | undefined,
  asked: string,
): Promise<ApiObject | undefined> {
  if (text === undefined) return undefined;
  return find(cluster, resource, text.slice(text.indexOf("/") + 1), placeIn(asked, text).namespace);
}

function consumersOf(object: ApiObject | undefined): Suggestion[] {
  const rows = (object as RequestObject | undefined)?.status?.consumers ?? [];
  return rows.filter(({ id }) => id !== "custody").map(({ id, state }) => ({ value: id, description: state }));
}

function retiredOf(object: ApiObject | undefined): Suggestion[] {
  const rows = (object as CredentialObject | undefined)?.status?.retired ?? [];
  return rows.map(({ vendorId, state }) => ({ value: vendorId, description: state }));
}
