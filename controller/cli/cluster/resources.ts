/** The four kinds as a cluster holds them, and how they are read. */
import type {
  CredentialSpec,
  CredentialStatus,
  RotationDecisionSpec,
  RotationDecisionStatus,
  RotationRequestSpec,
  RotationRequestStatus,
  VendorAccountSpec,
  VendorAccountStatus,
} from "../../../crds/kinds.gen.ts";
import { isApiError } from "../../kubernetes/error.ts";
import { type ApiObject, objectOf } from "../../kubernetes/object.ts";
import { apiVersionOf, pathOf, type Resource } from "../../kubernetes/resource.ts";
import { CommandFailure } from "../failure.ts";
import type { OpenCluster } from "./open.ts";

const VELVET = { group: "velvet.raxx.app", version: "v1alpha1", namespaced: true } as const;
export const REQUESTS: Resource = { ...VELVET, plural: "rotationrequests", kind: "RotationRequest" };
export const DECISIONS: Resource = { ...VELVET, plural: "rotationdecisions", kind: "RotationDecision" };
export const CREDENTIALS: Resource = { ...VELVET, plural: "credentials", kind: "Credential" };
export const ACCOUNTS: Resource = { ...VELVET, plural: "vendoraccounts", kind: "VendorAccount", namespaced: false };

/** The API server holds every object to the kind's schema, so that this is what it has. */
interface Typed<Spec, Status> extends ApiObject {
  readonly spec: Spec;
  readonly status?: Status;
}
export type RequestObject = Typed<RotationRequestSpec, RotationRequestStatus>;
export type DecisionObject = Typed<RotationDecisionSpec, RotationDecisionStatus>;
export type CredentialObject = Typed<CredentialSpec, CredentialStatus>;
export type AccountObject = Typed<VendorAccountSpec, VendorAccountStatus>;

const PAGE = "500";

export interface Listed {
  readonly objects: readonly ApiObject[];
  /** Where a watch goes on. */
  readonly version: string;
}

export interface ListQuery {
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** All pages. Throws `CommandFailure` where the cluster has no such kind. */
export async function list(cluster: OpenCluster, resource: Resource, query: ListQuery): Promise<Listed> {
  const objects: ApiObject[] = [];
  let more: string | undefined;
  for (;;) {
    const page = await pageOf(cluster, resource, query, more);
    objects.push(...page.objects);
    more = page.more;
    if (more === undefined) return { objects, version: page.version };
  }
}

async function pageOf(
  cluster: OpenCluster,
  resource: Resource,
  { namespace, fieldSelector }: ListQuery,
  more: string | undefined,
): Promise<Listed & { readonly more: string | undefined }> {
  const path = pathOf(resource, { namespace });
  const query = { limit: PAGE, fieldSelector, continue: more };
  const answer = await cluster
    .send<ListAnswer>({ method: "GET", path, query })
    .catch((error: unknown) => raiseWithoutKinds(error, cluster));
  const of = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  return {
    objects: (answer.items ?? []).flatMap((item) => objectOf(item, of) ?? []),
    version: answer.metadata?.resourceVersion ?? "",
    more: answer.metadata?.continue === "" ? undefined : answer.metadata?.continue,
  };
}

interface ListAnswer {
  readonly items?: readonly unknown[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/** A list of a kind is only ever not found where the cluster does not know the kind. */
export function raiseWithoutKinds(error: unknown, { client }: OpenCluster): never {
  if (!isApiError(error) || error.status !== 404) throw error;
  throw new CommandFailure({
    happened: `The cluster ${client.server} does not have Velvet's kinds.`,
    stillFine: "Nothing was changed.",
    next: "Check the context with kubectl config current-context; a cluster administrator installs the chart velvet, with its CRDs.",
  });
}

/** Undefined where there is none. */
export async function find(
  cluster: OpenCluster,
  resource: Resource,
  name: string,
  namespace: string,
): Promise<ApiObject | undefined> {
  const { objects } = await list(cluster, resource, { namespace, fieldSelector: `metadata.name=${name}` });
  return objects[0];
}

/** Undefined where the person may not list them. */
export async function listIfAllowed(
  cluster: OpenCluster,
  resource: Resource,
  query: ListQuery,
): Promise<readonly ApiObject[] | undefined> {
  try {
    return (await list(cluster, resource, query)).objects;
  } catch (error) {
    if (isApiError(error) && error.status === 403) return undefined;
    throw error;
  }
}

/** Undefined where the person may not list them: they belong to the platform, not to a team. */
export async function accountsIfAllowed(cluster: OpenCluster): Promise<readonly AccountObject[] | undefined> {
  return (await listIfAllowed(cluster, ACCOUNTS, {})) as readonly AccountObject[] | undefined;
}
