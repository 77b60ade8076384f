/** Has a restart reached every pod? Only looks. */
import type { Settled, Written } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { path } from "../http-path.ts";
import { notUnderstood, OWNER, VENDOR } from "./api.ts";
import type { Workload } from "./restart.ts";
import { readWorkload, templateOf, workloadsOf } from "./restart.ts";
import { pending, rolloutOf } from "./rollout.ts";
import type { Fields } from "./shapes.ts";
import { claimsOf, fieldsOf, itemsOf, newestOf, textAt, textsOf } from "./shapes.ts";
import type { Place } from "./sink.ts";
import type { Stamp } from "./stamp.ts";
import { stampIn } from "./stamp.ts";

/** Without a restart, whoever mounts the Secret or begins anew reads it. One that failed is told before one that is on its way. */
export async function settleRestart(place: Place, written: Written, signal: AbortSignal): Promise<Settled> {
  const stamp = stampIn(written.version);
  if (place.restart === undefined || stamp === undefined) return { state: "settled" };
  const all: Settled[] = [];
  for (const workload of workloadsOf(place)) {
    all.push(await settleOne(place, { workload, stamp, again: !written.changed }, signal));
  }
  return (
    all.find(({ state }) => state === "failed") ?? all.find(({ state }) => state === "pending") ?? { state: "settled" }
  );
}

interface Look {
  readonly workload: Workload;
  readonly stamp: Stamp;
  /** The Secret held the value already: the restart was asked for once before. */
  readonly again: boolean;
}

async function settleOne(place: Place, { workload, stamp, again }: Look, signal: AbortSignal): Promise<Settled> {
  const object = await readWorkload(place, workload, signal);
  if (templateOf(object)[stamp.name] !== stamp.value) return reverted(workload, object, again);
  const rollout = rolloutOf(workload, object);
  return rollout.state === "settled" ? settlePods(place, workload, { object, stamp }, signal) : rollout;
}

/** Once it is put right by writing again; a second time somebody must decide who has the say. */
function reverted({ kind, name }: Workload, object: Fields, again: boolean): Settled {
  const rivals = claimsOf(fieldsOf(object["metadata"])).filter(
    ({ owner, subresource }) => owner !== OWNER && subresource === undefined,
  );
  const rival = newestOf(rivals)?.owner ?? "Somebody else";
  const text = {
    reason: "RestartReverted",
    message: `${rival} took Velvet's annotation from the pod template of the ${kind} ${name}.`,
    remedy:
      "Tell it to leave annotations that begin with velvet.raxx.app/ alone, as the adapter's readme shows; then retry.",
  };
  if (again) throw new Terminal(text, LOOKING);
  return { state: "failed", reason: text.reason, message: `${text.message} Velvet asks once more.` };
}

const LOOKING = { vendor: VENDOR, operation: "look at a rollout" };
const LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
const MAX_PAGES = 100;

interface Seen {
  readonly object: Fields;
  readonly stamp: Stamp;
}

/** The numbers say how many are new; only the pods say that no old one is left, which one that is ending still is. */
async function settlePods(place: Place, workload: Workload, seen: Seen, signal: AbortSignal): Promise<Settled> {
  const selector = selectorOf(seen.object);
  if (selector === undefined) throw notUnderstood(LOOKING);
  let next: string | undefined = "";
  for (let page = 0; next !== undefined && page < MAX_PAGES; page += 1) {
    const list: Fields = await podsOf(place, selector, next, signal);
    const old = oldPods(workload, seen, itemsOf(list["items"]));
    if (old.length > 0) return pending(`Still with the old value: ${named(old)}.`);
    next = textAt(fieldsOf(list["metadata"]), "continue") || undefined;
  }
  return next === undefined ? { state: "settled" } : pending("There are more pods than Velvet looks at.");
}

function named(pods: readonly string[]): string {
  return `${pods.slice(0, 5).join(", ")}${pods.length > 5 ? ` and ${pods.length - 5} more` : ""}`;
}

/** A page. Their metadata only: environments are none of our business. Pods that have ended run nothing. */
async function podsOf({ api, block }: Place, selector: string, from: string, signal: AbortSignal): Promise<Fields> {
  const { namespace } = block;
  const answer = await api.ask(
    {
      method: "GET",
      path: path`/api/v1/namespaces/${namespace}/pods`,
      query: {
        labelSelector: selector,
        fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
        limit: "250",
        ...(from === "" ? {} : { continue: from }),
      },
      headers: { accept: LIST },
    },
    `list pods in the namespace ${namespace}`,
    signal,
  );
  const list = fieldsOf(answer.body);
  if (answer.status >= 300 || !Array.isArray(list["items"])) throw notUnderstood(answer.facts);
  return list;
}

function oldPods({ kind, name }: Workload, { object, stamp }: Seen, pods: readonly Fields[]): readonly string[] {
  const uid = textAt(fieldsOf(object["metadata"]), "uid");
  return pods.flatMap((pod) => {
    const metadata = fieldsOf(pod["metadata"]);
    const owner = itemsOf(metadata["ownerReferences"]).find((each) => each["controller"] === true);
    const ownerName = owner ? (textAt(owner, "name") ?? "") : "";
    // A Deployment's pods belong to its ReplicaSets, which are named after it.
    const ours = kind === "Deployment" ? ownerName.startsWith(`${name}-`) : owner?.["uid"] === uid;
    const isOld = ours && textsOf(metadata["annotations"])[stamp.name] !== stamp.value;
    return isOld ? [textAt(metadata, "name") ?? "a pod"] : [];
  });
}

const OPERATORS: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** As text, for a query. Undefined where it would choose every pod. */
function selectorOf(object: Fields): string | undefined {
  const selector = fieldsOf(fieldsOf(object["spec"])["selector"]);
  const labels = Object.entries(textsOf(selector["matchLabels"])).map(([key, value]) => `${key}=${value}`);
  const expressions = itemsOf(selector["matchExpressions"]).map((each) => {
    const values = Array.isArray(each["values"]) ? each["values"].map(String).join(",") : "";
    return OPERATORS[textAt(each, "operator") ?? ""]?.(textAt(each, "key") ?? "", values) ?? "";
  });
  const all = [...labels, ...expressions];
  return all.length === 0 || all.includes("") ? undefined : all.join(",");
}
