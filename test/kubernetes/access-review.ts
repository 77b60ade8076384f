/** What somebody may do, asked of the API server itself. */
import { must } from "./chart.ts";
import type { ApiAccess } from "./environment/access.ts";

export interface Deed {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `rotationrequests/status`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** The deeds that are allowed, of all that are asked about, each as one line. */
export async function allowedOf(server: ApiAccess, kubeconfig: string, deeds: readonly Deed[]): Promise<string[]> {
  const items = deeds.map((deed) => {
    const [resource, subresource] = deed.resource.split("/");
    return {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { ...deed, resource, ...(subresource === undefined ? {} : { subresource }) } },
    };
  });
  const stdin = items.map((item) => JSON.stringify(item)).join("\n---\n");
  const order = ["create", "-f", "-", "--validate=false", "-o", 'jsonpath={.status.allowed}{"\\n"}'];
  const answers = must(await server.kubectl(order, { kubeconfig, stdin }))
    .trim()
    .split("\n");
  if (answers.length !== deeds.length) throw new Error(`${answers.length} answers to ${deeds.length} questions`);
  return deeds.filter((_, index) => answers[index] === "true").map(lineOf);
}

export function lineOf({ verb, group, resource, namespace = "*", name }: Deed): string {
  const at = group === "" ? resource : `${resource}.${group}`;
  return `${verb} ${at}${name === undefined ? "" : `/${name}`} in ${namespace}`;
}
