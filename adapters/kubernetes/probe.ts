/** Who is the account, and may it do what it is declared for? */
import type { KubernetesAccount } from "../../crds/kinds.gen.ts";
import type { Health } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { path } from "../http-path.ts";
import type { Api } from "./api.ts";
import { notUnderstood } from "./api.ts";
import { fieldsOf, textAt } from "./shapes.ts";

interface Permission {
  readonly namespace: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
}

export async function probe(api: Api, config: KubernetesAccount, signal: AbortSignal): Promise<Health> {
  try {
    const user = await whoAmI(api, signal);
    for (const permission of permissionsOf(config)) {
      if (!(await isAllowed(api, permission, signal))) return missing(user, permission);
    }
    return { ready: true, reason: "TokenAccepted", message: `The API server knows the account as ${user}.` };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { ready: false, reason: error.reason, message: [error.message, error.remedy].filter(Boolean).join(" ") };
  }
}

async function whoAmI(api: Api, signal: AbortSignal): Promise<string> {
  const json = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const answer = await api.ask(
    { method: "POST", path: path`/apis/authentication.k8s.io/v1/selfsubjectreviews`, json, effect: "none" },
    "ask who it is",
    signal,
  );
  const info = fieldsOf(fieldsOf(fieldsOf(answer.body)["status"])["userInfo"]);
  const user = textAt(info, "username");
  if (user === undefined) throw notUnderstood(answer.facts);
  return user;
}

/** A permission that is given by name is only seen by asking with the name. */
function permissionsOf({ uses = [] }: KubernetesAccount): readonly Permission[] {
  return uses.flatMap((use) => {
    const { namespace } = use;
    const kinds = [
      { group: "", resource: "secrets", names: use.secrets },
      { group: "apps", resource: "deployments", names: use.deployments },
      { group: "apps", resource: "statefulsets", names: use.statefulSets },
      { group: "apps", resource: "daemonsets", names: use.daemonSets },
    ];
    const named = kinds.flatMap(({ names = [], ...kind }) =>
      names.flatMap((name) => ["get", "patch"].map((verb) => ({ namespace, verb, name, ...kind }))),
    );
    const secrets = { namespace, verb: "create", group: "", resource: "secrets" };
    const pods = { namespace, verb: "list", group: "", resource: "pods" };
    const restarts = named.some(({ group }) => group === "apps");
    return [...named, ...(use.create === true ? [secrets] : []), ...(restarts ? [pods] : [])];
  });
}

async function isAllowed(api: Api, resourceAttributes: Permission, signal: AbortSignal): Promise<boolean> {
  const json = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec: { resourceAttributes } };
  const answer = await api.ask(
    { method: "POST", path: path`/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`, json, effect: "none" },
    "ask what it may do",
    signal,
  );
  const { allowed } = fieldsOf(fieldsOf(answer.body)["status"]);
  if (typeof allowed !== "boolean") throw notUnderstood(answer.facts);
  return allowed;
}

function missing(user: string, { namespace, verb, resource, name }: Permission): Health {
  const what = [resource, name].filter(Boolean).join("/");
  return {
    ready: false,
    reason: "AccountForbidden",
    message: `${user} may not ${verb} ${what} in the namespace ${namespace}. Add it to its Role there.`,
  };
}
