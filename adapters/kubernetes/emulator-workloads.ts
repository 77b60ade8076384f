/** Workloads and their pods: a rollout takes its time on the emulator's clock, and can get stuck. */
import { randomUUID } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";
import type { Stored } from "./emulator-objects.ts";
import { groupOf, metadataOf, updated } from "./emulator-objects.ts";
import { isOutdated, modified, notFound } from "./emulator-secrets.ts";

/** A rollout is observed, and at its end. */
const OBSERVE_MS = 1_000;
const ROLL_MS = 10_000;
const DEADLINE_MS = 60_000;

export interface Pod {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface StoredWorkload extends Stored {
  readonly plural: string;
  replicas: number;
  paused: boolean;
  stuck: boolean;
  strategy: object | undefined;
  /** Of the pod template. */
  containers: readonly object[];
  rolledAt: number;
  observed: number;
  /** Revision of the running pods. */
  running: number;
  pods: readonly Pod[];
  /** Pods that go on with an old template, whatever the numbers say. */
  late: readonly Pod[];
}

const KINDS: Readonly<Record<string, string>> = {
  deployments: "Deployment",
  statefulsets: "StatefulSet",
  daemonsets: "DaemonSet",
};

export class Workloads {
  readonly all = new Map<string, StoredWorkload>();
  readonly #nextVersion: () => number;

  constructor(nextVersion: () => number) {
    this.#nextVersion = nextVersion;
  }

  make(plural: string, namespace: string, name: string, replicas = 2): StoredWorkload {
    const made: StoredWorkload = {
      plural,
      namespace,
      name,
      replicas,
      uid: randomUUID(),
      version: this.#nextVersion(),
      generation: 1,
      values: new Map(),
      owners: [],
      paused: false,
      stuck: false,
      strategy: undefined,
      containers: [],
      rolledAt: -Infinity,
      observed: 1,
      running: 1,
      pods: [],
      late: [],
    };
    made.pods = podsOf(made);
    this.all.set(`${plural}/${namespace}/${name}`, made);
    return made;
  }

  /** By another hand. */
  annotate(
    workload: StoredWorkload,
    manager: string,
    now: number,
    changes: Readonly<Record<string, string | undefined>>,
  ): void {
    this.#advance(workload, now);
    const before = workload.version;
    const fields = Object.entries(changes).map(([name, text]) => [`annotations/${name}`, text] as const);
    updated(workload, { manager, now, nextVersion: this.#nextVersion }, new Map(fields));
    if (workload.version === before) return;
    workload.generation += 1;
    workload.rolledAt = now;
  }

  get(call: Call): Reply {
    const found = this.#find(call);
    if (!found) return notFound(call.params["plural"] ?? "", call.params["name"] ?? "");
    this.#advance(found, call.now);
    return { status: 200, body: shown(found, call.now) };
  }

  patch(call: Call): Reply {
    const found = this.#find(call);
    if (!found) return notFound(call.params["plural"] ?? "", call.params["name"] ?? "");
    this.#advance(found, call.now);
    const body = call.json as {
      metadata?: { resourceVersion?: string };
      spec?: { template?: { metadata?: { annotations?: Record<string, string> } } };
    };
    if (isOutdated(found, body)) return modified();
    const manager = call.query.get("fieldManager") ?? "";
    this.annotate(found, manager, call.now, body.spec?.template?.metadata?.annotations ?? {});
    return { status: 200, body: shown(found, call.now) };
  }

  pods(call: Call): Reply {
    const [, name] = /app=([^,]+)/.exec(call.query.get("labelSelector") ?? "") ?? [];
    const found = [...this.all.values()].filter((each) => each.namespace === call.params["ns"] && each.name === name);
    const items = found.flatMap((each) => {
      this.#advance(each, call.now);
      const kind =
        each.plural === "deployments"
          ? { kind: "ReplicaSet", name: `${each.name}-5d9c`, uid: "rs" }
          : { kind: KINDS[each.plural], name: each.name, uid: each.uid };
      return [...each.pods, ...each.late].map((pod) => ({
        metadata: { name: pod.name, annotations: pod.annotations, ownerReferences: [{ ...kind, controller: true }] },
      }));
    });
    const limit = Number(call.query.get("limit") ?? "500");
    const from = Number(call.query.get("continue") ?? "0");
    const more = from + limit < items.length ? { continue: String(from + limit) } : {};
    return {
      status: 200,
      body: {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata: more,
        items: items.slice(from, from + limit),
      },
    };
  }

  #find({ params }: Call): StoredWorkload | undefined {
    return this.all.get(`${params["plural"]}/${params["ns"]}/${params["name"]}`);
  }

  #advance(workload: StoredWorkload, now: number): void {
    const { generation, rolledAt, observed } = workload;
    if (observed < generation && now >= rolledAt + OBSERVE_MS)
      this.#touch(workload, () => (workload.observed = generation));
    const rolls = !workload.paused && !workload.stuck && workload.running < generation;
    if (rolls && now >= rolledAt + ROLL_MS) {
      this.#touch(workload, () => {
        workload.running = generation;
        workload.pods = podsOf(workload);
      });
    }
  }

  /** What a controller writes into the status is a new version too. */
  #touch(workload: StoredWorkload, change: () => void): void {
    change();
    workload.version = this.#nextVersion();
  }
}

function podsOf(workload: StoredWorkload): Pod[] {
  const annotations = groupOf(workload, "annotations");
  return Array.from({ length: workload.replicas }, (_unused, index) => ({
    name: `${workload.name}-${workload.generation}-${index}`,
    annotations,
  }));
}

function shown(workload: StoredWorkload, now: number): object {
  const { plural, name, replicas, generation, paused, strategy } = workload;
  return {
    kind: KINDS[plural],
    apiVersion: "apps/v1",
    metadata: { ...metadataOf(workload, ["f:spec", "f:template", "f:metadata"]), generation },
    spec: {
      ...(plural === "daemonsets" ? {} : { replicas }),
      ...(paused ? { paused } : {}),
      ...(strategy ? { updateStrategy: strategy } : {}),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: groupOf(workload, "annotations") },
        ...(workload.containers.length === 0 ? {} : { spec: { containers: workload.containers } }),
      },
    },
    status: statusOf(workload, now),
  };
}

function statusOf(workload: StoredWorkload, now: number): object {
  const { plural, replicas, observed, running, generation, stuck, rolledAt } = workload;
  const done = running === generation;
  const updatedCount = done ? replicas : 0;
  const late = stuck && !done && now >= rolledAt + DEADLINE_MS;
  const progressing = {
    type: "Progressing",
    status: late ? "False" : "True",
    reason: late ? "ProgressDeadlineExceeded" : done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
  };
  const shared = { observedGeneration: observed };
  if (plural === "daemonsets")
    return {
      ...shared,
      desiredNumberScheduled: replicas,
      updatedNumberScheduled: updatedCount,
      numberAvailable: replicas,
    };
  const counts = { ...shared, replicas, updatedReplicas: updatedCount, availableReplicas: replicas };
  if (plural === "statefulsets") return { ...counts, currentRevision: `r${running}`, updateRevision: `r${generation}` };
  return { ...counts, conditions: [progressing] };
}
