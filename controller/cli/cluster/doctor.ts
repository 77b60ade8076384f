/** What is missing to work on this cluster: its kinds, and what this person may do. Changes nothing. */
import { type Finding, missing, ok, warn } from "../../doctor/finding.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import { readServedSchemas } from "../../kubernetes/served-schemas.ts";
import { lackingIn, OUTDATED_REMEDY, said } from "../../sources/kubernetes/definitions.ts";
import { GROUP, VERSION } from "../../sources/manifest/schema.ts";
import { myName } from "./create.ts";
import type { OpenCluster } from "./open.ts";

const REVIEWS: Resource = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "selfsubjectaccessreviews",
  kind: "SelfSubjectAccessReview",
  namespaced: false,
};

const WANTED = [
  ["list", "rotationrequests", "velvet-viewer"],
  ["watch", "rotationrequests", "velvet-viewer"],
  ["list", "credentials", "velvet-viewer"],
  ["list", "rotationdecisions", "velvet-viewer"],
  ["create", "rotationrequests", "velvet-requester"],
  ["create", "rotationdecisions", "velvet-approver"],
] as const;

/** Rejects where the API server cannot be asked. */
export async function checkCluster(cluster: OpenCluster): Promise<Finding[]> {
  const name = await myName(cluster);
  const kinds = await kindsOf(cluster);
  const lacking = ["credentials", "rotationrequests", "rotationdecisions", "vendoraccounts"].filter(
    (kind) => !kinds.has(kind),
  );
  const outdated = await outdatedIn(cluster);
  const rights = await Promise.all(WANTED.map(async (wanted) => rightOf(cluster, wanted)));
  return [
    ok("cluster", `${cluster.client.server} answers, and knows you as ${name}`),
    lacking.length === 0
      ? ok("kinds", "all four kinds are there")
      : missing(
          "kinds",
          `the cluster lacks ${lacking.join(", ")}`,
          "A cluster administrator installs the chart velvet.",
        ),
    ...outdated,
    ...rights,
  ];
}

/** Where the schemas cannot be read, nothing is said of them. */
async function outdatedIn({ client, stop }: OpenCluster): Promise<Finding[]> {
  const { isApiError } = await import("../../kubernetes/error.ts");
  const served = await readServedSchemas(client, { group: GROUP, version: VERSION }, undefined, stop).catch(
    (error: unknown) => {
      if (isApiError(error) && (error.status === 403 || error.status === 404)) return undefined;
      throw error;
    },
  );
  const lacking = served === undefined ? undefined : lackingIn(served);
  if (lacking === undefined || lacking.size === 0) return [];
  return [missing("kinds", `the cluster's CRDs are older than this velvet and lack ${said(lacking)}`, OUTDATED_REMEDY)];
}

async function kindsOf(cluster: OpenCluster): Promise<ReadonlySet<string>> {
  const path = "/apis/velvet.raxx.app/v1alpha1";
  const { isApiError } = await import("../../kubernetes/error.ts");
  const answer = await cluster
    .send<{ readonly resources?: readonly { readonly name: string }[] }>({ method: "GET", path })
    .catch((error: unknown) => {
      if (isApiError(error) && error.status === 404) return { resources: [] };
      throw error;
    });
  return new Set((answer.resources ?? []).map(({ name }) => name));
}

async function rightOf(cluster: OpenCluster, [verb, resource, role]: (typeof WANTED)[number]): Promise<Finding> {
  const { namespace } = cluster;
  const resourceAttributes = { group: "velvet.raxx.app", resource, verb, namespace };
  const answer = await cluster.send<{ readonly status?: { readonly allowed?: boolean } }>({
    method: "POST",
    path: pathOf(REVIEWS),
    body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes } },
  });
  if (answer.status?.allowed === true) return ok("rights", `you may ${verb} ${resource} in ${namespace}`);
  return warn("rights", `you may not ${verb} ${resource} in ${namespace}`, `A RoleBinding to ${role} grants it.`);
}
