/** Whether a controller works in the cluster, and the policies that prove names stand: as far as this person may see it. */
import { type Finding, missing, ok, warn } from "../../doctor/finding.ts";
import { isApiError } from "../../kubernetes/error.ts";
import { type ApiObject, isRecord, objectOf } from "../../kubernetes/object.ts";
import { apiVersionOf, pathOf, type Resource } from "../../kubernetes/resource.ts";
import { policiesInForce, POLICY_NAMES } from "../../sources/kubernetes/policies.ts";
import { ownVersion } from "../version.ts";
import type { OpenCluster } from "./open.ts";
import { CREDENTIALS, listIfAllowed } from "./resources.ts";

const ADMISSION = { group: "admissionregistration.k8s.io", version: "v1", namespaced: false };
const POLICIES: readonly Resource[] = [
  { ...ADMISSION, plural: "validatingadmissionpolicies", kind: "ValidatingAdmissionPolicy" },
  { ...ADMISSION, plural: "validatingadmissionpolicybindings", kind: "ValidatingAdmissionPolicyBinding" },
];
const DEPLOYMENTS: Resource = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
};
const ADMINISTRATOR = "Let a cluster administrator run `velvet doctor`.";

export async function checkPolicies(cluster: OpenCluster): Promise<Finding> {
  const found = await Promise.all(
    POLICIES.flatMap((resource) => POLICY_NAMES.map(async (name) => read(cluster, resource, name))),
  );
  if (found.includes("forbidden")) return warn("policies", "you may not see the admission policies", ADMINISTRATOR);
  const { missing: lacking } = policiesInForce(
    found.filter((object) => object !== undefined && object !== "forbidden"),
  );
  if (lacking.length === 0)
    return ok("policies", "the admission policies are this version's: names count as the API server's");
  return warn(
    "policies",
    `names in requests and decisions count as claimed. ${lacking.join(" ")}`,
    "Upgrade the chart with admission.enabled, and leave its policies as they are.",
  );
}

async function read(
  cluster: OpenCluster,
  resource: Resource,
  name: string,
): Promise<ApiObject | "forbidden" | undefined> {
  try {
    const answer = await cluster.send<unknown>({ method: "GET", path: pathOf(resource, { name }) });
    return objectOf(answer, { kind: resource.kind, apiVersion: apiVersionOf(resource) });
  } catch (error) {
    if (isApiError(error) && error.status === 404) return undefined;
    if (isApiError(error) && error.status === 403) return "forbidden";
    throw error;
  }
}

/** By its Deployment; who may not see that learns whether anybody looks at the objects. */
export async function checkController(cluster: OpenCluster): Promise<Finding[]> {
  const deployments = await controllersIn(cluster);
  const looked = await checkLooks(cluster);
  if (deployments === undefined) {
    return looked.length > 0
      ? looked
      : [warn("controller", "you may not see the controller's Deployment", ADMINISTRATOR)];
  }
  if (deployments.length > 0) return [...deployments.map(deploymentFinding), ...looked];
  const said = "no Deployment of the chart velvet is in the cluster";
  return [
    warn("controller", said, "Install the chart, unless the controller runs elsewhere: nothing rotates without it."),
    ...looked,
  ];
}

/** Undefined where this person may not list them, neither everywhere nor in the namespaces where they mostly are. */
async function controllersIn(cluster: OpenCluster): Promise<readonly ApiObject[] | undefined> {
  for (const namespace of [undefined, "velvet", cluster.namespace]) {
    try {
      const query = { labelSelector: "app.kubernetes.io/name=velvet", limit: "50" };
      const answer = await cluster.send<{ readonly items?: readonly unknown[] }>({
        method: "GET",
        path: pathOf(DEPLOYMENTS, { namespace }),
        query,
      });
      return (answer.items ?? []).flatMap(
        (item) => objectOf(item, { kind: "Deployment", apiVersion: "apps/v1" }) ?? [],
      );
    } catch (error) {
      if (!isApiError(error) || error.status !== 403) throw error;
    }
  }
  return undefined;
}

function deploymentFinding({ metadata, spec, status }: ApiObject): Finding {
  const { name, namespace = "", labels = {} } = metadata;
  const place = `${namespace}/${name}`;
  const wanted = numberIn(spec, "replicas") ?? 1;
  const ready = numberIn(status, "readyReplicas") ?? 0;
  const version = labels["app.kubernetes.io/version"] ?? "unknown";
  if (ready === 0 || ready < wanted) {
    const look = `kubectl describe deployment ${name} -n ${namespace}; kubectl logs deployment/${name} -n ${namespace}`;
    const said = `the controller ${place} has ${ready} of ${wanted} replicas ready`;
    return ready === 0 ? missing("controller", said, look) : warn("controller", said, look);
  }
  if (version === ownVersion())
    return ok("controller", `${place} is ready, ${ready} of ${wanted}, of this version ${version}`);
  return warn(
    "controller",
    `${place} is ready, and of version ${version}; this is ${ownVersion()}`,
    "Use a velvet of the controller's version, or upgrade the chart.",
  );
}

function numberIn(value: unknown, field: string): number | undefined {
  const found = isRecord(value) ? value[field] : undefined;
  return typeof found === "number" ? found : undefined;
}

/** A Credential whose present spec no controller has seen says that none looks there. */
async function checkLooks(cluster: OpenCluster): Promise<Finding[]> {
  const { namespace } = cluster;
  const objects = await listIfAllowed(cluster, CREDENTIALS, { namespace });
  if (objects === undefined || objects.length === 0) return [];
  const unseen = objects.filter(
    ({ metadata, status }) => (numberIn(status, "observedGeneration") ?? -1) < (metadata.generation ?? 1),
  );
  const all = `${objects.length} ${objects.length === 1 ? "Credential" : "Credentials"} in ${namespace}`;
  if (unseen.length === 0) return [ok("controller", `a controller has looked at all ${all}`)];
  const names = unseen
    .slice(0, 3)
    .map(({ metadata }) => metadata.name)
    .join(", ");
  return [
    warn(
      "controller",
      `no controller has looked at ${unseen.length} of ${all} as it stands now: ${names}`,
      "Run it again in a few seconds; then see whether the controller runs and watches this namespace (kubernetes.namespaces).",
    ),
  ];
}
