/** What is missing to work on this cluster: its kinds, its policies, a controller, and what this person may do. Changes nothing. */
import { type Finding, ok, warn } from "../../doctor/finding.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import { myName } from "./create.ts";
import { checkController, checkPolicies } from "./doctor-install.ts";
import { checkKinds } from "./doctor-kinds.ts";
import type { OpenCluster } from "./open.ts";

const REVIEWS: Resource = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "selfsubjectaccessreviews",
  kind: "SelfSubjectAccessReview",
  namespaced: false,
};

interface Right {
  /** As it goes on after "you may". */
  readonly what: string;
  readonly needs: readonly (readonly [verb: string, resource: string])[];
  /** How it is granted, as the end of a sentence. */
  readonly by: string;
}

function binding(role: string): string {
  return `a RoleBinding to ${role} grants it`;
}

/** The verbs of decisions are those that the chart's policies ask for. */
const RIGHTS: readonly Right[] = [
  {
    what: "look at rotations",
    needs: ["credentials", "rotationrequests", "rotationdecisions"].flatMap((resource) => [
      ["list", resource] as const,
      ["watch", resource] as const,
    ]),
    by: binding("velvet-viewer"),
  },
  {
    what: "see the platform's vendor accounts",
    needs: [["list", "vendoraccounts"]],
    by: "a ClusterRoleBinding to velvet-viewer grants it, because they have no namespace",
  },
  {
    what: "request rotations, revocations and rehearsals",
    needs: [["create", "rotationrequests"]],
    by: binding("velvet-requester"),
  },
  {
    what: "declare credentials",
    needs: [
      ["create", "credentials"],
      ["patch", "credentials"],
    ],
    by: binding("velvet-requester"),
  },
  {
    what: "open the Mint gate",
    needs: [
      ["create", "rotationdecisions"],
      ["approve-mint", "rotationdecisions"],
    ],
    by: binding("velvet-approver"),
  },
  {
    what: "open the Revoke gate",
    needs: [
      ["create", "rotationdecisions"],
      ["approve-revoke", "rotationdecisions"],
    ],
    by: binding("velvet-approver"),
  },
  {
    what: "abort, retry, skip and confirm",
    needs: [
      ["create", "rotationdecisions"],
      ["decide", "rotationdecisions"],
    ],
    by: binding("velvet-operator"),
  },
];

/** Rejects where the API server cannot be asked. */
export async function checkCluster(cluster: OpenCluster): Promise<Finding[]> {
  const name = await myName(cluster);
  const kinds = await checkKinds(cluster);
  const known = kinds.every(({ result, message }) => result !== "missing" || !message.startsWith("the cluster lacks"));
  return [
    ok("cluster", `${cluster.client.server} answers, and knows you as ${name}`),
    ...kinds,
    ...(known ? [await checkPolicies(cluster), ...(await checkController(cluster))] : []),
    ...(await Promise.all(RIGHTS.map(async (right) => rightOf(cluster, right)))),
  ];
}

async function rightOf(cluster: OpenCluster, { what, needs, by }: Right): Promise<Finding> {
  const { namespace } = cluster;
  const allowed = await Promise.all(needs.map(async (need) => may(cluster, ...need)));
  const where = needs.some(([, resource]) => resource === "vendoraccounts") ? "" : ` in ${namespace}`;
  const lacking = needs.filter((_, index) => allowed[index] !== true);
  if (lacking.length === 0) return ok("rights", `you may ${what}${where}`);
  const verbs = lacking.map(([verb, resource]) => `${verb} ${resource}`).join(", ");
  return warn("rights", `you may not ${what}${where} (${verbs})`, `${by.charAt(0).toUpperCase()}${by.slice(1)}.`);
}

async function may(cluster: OpenCluster, verb: string, resource: string): Promise<boolean> {
  const place = resource === "vendoraccounts" ? {} : { namespace: cluster.namespace };
  const resourceAttributes = { group: "velvet.raxx.app", resource, verb, ...place };
  const answer = await cluster.send<{ readonly status?: { readonly allowed?: boolean } }>({
    method: "POST",
    path: pathOf(REVIEWS),
    body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes } },
  });
  return answer.status?.allowed === true;
}
