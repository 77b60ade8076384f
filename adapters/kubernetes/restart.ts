/** Workloads that are rolled out anew: found, and told to. */
import type { ConsumerRestart } from "../../crds/kinds.gen.ts";
import { Terminal } from "../errors.ts";
import type { Path } from "../http-path.ts";
import { path } from "../http-path.ts";
import { changing, notUnderstood, OWNER, VENDOR } from "./api.ts";
import type { Fields } from "./shapes.ts";
import { fieldsOf, textAt, textsOf } from "./shapes.ts";
import type { Place } from "./sink.ts";
import type { Stamp } from "./stamp.ts";

export type Kind = "Deployment" | "StatefulSet" | "DaemonSet";

export interface Workload {
  readonly kind: Kind;
  readonly name: string;
  readonly path: Path;
}

const TRIES = 10;
const RESTART = { vendor: VENDOR, operation: "restart a workload" };

export function workloadsOf({ block: { namespace }, restart = {} }: Place): readonly Workload[] {
  return [
    ...listed(
      restart,
      "deployments",
      "Deployment",
      (name) => path`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    ),
    ...listed(
      restart,
      "statefulSets",
      "StatefulSet",
      (name) => path`/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`,
    ),
    ...listed(
      restart,
      "daemonSets",
      "DaemonSet",
      (name) => path`/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`,
    ),
  ];
}

function listed(restart: ConsumerRestart, field: keyof ConsumerRestart, kind: Kind, pathOf: (name: string) => Path) {
  return (restart[field] ?? []).map((name) => ({ kind, name, path: pathOf(name) }));
}

/** Throws `Terminal` where one is not there. */
export async function lookAtWorkloads(place: Place, signal: AbortSignal): Promise<void> {
  for (const workload of workloadsOf(place)) await readWorkload(place, workload, signal);
}

export async function readWorkload(
  { api, block }: Place,
  { kind, name, path: at }: Workload,
  signal: AbortSignal,
): Promise<Fields> {
  const may = `get the ${kind} ${name} in the namespace ${block.namespace}`;
  const answer = await api.ask({ method: "GET", path: at }, may, signal);
  if (answer.status === 404) throw missing(kind, name, block.namespace);
  const object = fieldsOf(answer.body);
  if (answer.status >= 300 || textAt(fieldsOf(object["metadata"]), "name") === undefined) {
    throw notUnderstood(answer.facts);
  }
  return object;
}

function missing(kind: Kind, name: string, namespace: string): Terminal {
  return new Terminal(
    {
      reason: "WorkloadMissing",
      message: `The namespace ${namespace} has no ${kind} ${name}, which this consumer's restart names.`,
      remedy: "Correct the name in the consumer's restart, or remove it there.",
    },
    RESTART,
  );
}

/** The annotations of a workload's pod template. */
export function templateOf(object: Fields): Readonly<Record<string, string>> {
  const template = fieldsOf(fieldsOf(object["spec"])["template"]);
  return textsOf(fieldsOf(template["metadata"])["annotations"]);
}

/** Writes only where the template does not say so already: the same again is no second rollout. */
export async function ensureRestart(place: Place, stamp: Stamp, signal: AbortSignal): Promise<void> {
  for (const workload of workloadsOf(place)) await stampOne(place, workload, stamp, signal);
}

async function stampOne(place: Place, workload: Workload, stamp: Stamp, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const object = await readWorkload(place, workload, signal);
    if (templateOf(object)[stamp.name] === stamp.value) return;
    if (await patch(place, workload, { object, stamp }, signal)) return;
  }
  throw changing(RESTART);
}

/** Against the version that was read: one that lands late must not bring an older stamp back. False where it has changed since. */
async function patch(
  { api, block }: Place,
  { kind, name, path: at }: Workload,
  { object, stamp }: { readonly object: Fields; readonly stamp: Stamp },
  signal: AbortSignal,
): Promise<boolean> {
  const { resourceVersion } = fieldsOf(object["metadata"]);
  const json = {
    metadata: { resourceVersion },
    spec: { template: { metadata: { annotations: { [stamp.name]: stamp.value } } } },
  };
  const answer = await api.ask(
    {
      method: "PATCH",
      path: at,
      query: { fieldManager: OWNER },
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify(json),
      effect: "repeatable",
    },
    `patch the ${kind} ${name} in the namespace ${block.namespace}`,
    signal,
  );
  if (answer.status < 300) return true;
  if (answer.status !== 422) return false;
  throw new Terminal(
    {
      reason: "RestartRefused",
      message: `The API server refuses to restart the ${kind} ${name}.`,
      remedy: "A webhook of the cluster may have rules of its own: see the cluster's events.",
    },
    answer.facts,
  );
}
