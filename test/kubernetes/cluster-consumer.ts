/** A consumer in the cluster itself: an account that may write one Secret and restart one Deployment, and who plays its controllers. */
import { readFile } from "node:fs/promises";
import type { ApiAccess } from "./environment/access.ts";
import type { VelvetOnCluster } from "./velvet.ts";

export interface ClusterConsumer extends AsyncDisposable {
  readonly account: string;
  /** As it stands in a Credential. */
  consumer(more?: object): object;
  /** Gives the account its rights, or others. */
  grant(verbs: { readonly secrets: readonly string[] }): Promise<void>;
  /** What the Secret holds of the key. */
  held(): Promise<string | undefined>;
  deployment(): Promise<Deployment>;
  /** What the controller of Deployments would write. */
  says(status: object): Promise<void>;
  /** What it would do: every pod begins with the template that stands there now, and the status says so. */
  rollOut(): Promise<void>;
}

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
  };
}

const API = "velvet.raxx.app/v1alpha1";
const LABELS = { app: "orders" };
const CONTAINERS = { containers: [{ name: "app", image: "orders" }] };

/** Its ServiceAccount, its rights and its login are made; the account's login stands where the controller looks for it. */
export async function clusterConsumer(server: ApiAccess, velvet: VelvetOnCluster): Promise<ClusterConsumer> {
  const { namespace } = velvet;
  const account = `cluster-${namespace}`;
  const apply = async (object: object): Promise<void> => {
    const order = ["apply", "--server-side", "--field-manager=kubectl-test", "--force-conflicts", "-f", "-"];
    await server.must(order, { stdin: JSON.stringify(object) });
  };
  const named = (name: string): object => ({ name, namespace });
  const grant: ClusterConsumer["grant"] = async ({ secrets }) => {
    const rules = [
      { apiGroups: [""], resources: ["secrets"], verbs: secrets },
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "patch"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    ];
    await apply({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: named("consumer"), rules });
  };
  await server.must(["create", "serviceaccount", "consumer", "-n", namespace]);
  await grant({ secrets: ["get", "patch", "create"] });
  const bind = ["create", "rolebinding", "consumer", "--role=consumer", `--serviceaccount=${namespace}:consumer`];
  await server.must([...bind, "-n", namespace]);
  const { clusters, users } = JSON.parse(
    await readFile(await server.serviceAccountKubeconfig(namespace, "consumer"), "utf8"),
  );
  const ca = Buffer.from(clusters[0].cluster["certificate-authority-data"], "base64").toString();
  const stringData = { token: users[0].user.token, ca };
  await apply({ apiVersion: "v1", kind: "Secret", metadata: { name: account, namespace: "default" }, stringData });
  await apply({
    apiVersion: API,
    kind: "VendorAccount",
    metadata: { name: account },
    spec: {
      adapter: "kubernetes",
      endpoint: server.url,
      kubernetes: {},
      auth: ["token", "ca"].map((name) => ({ name, secretRef: { name: account, key: name } })),
      allow: [
        { namespaces: [namespace], targets: { namespace: [namespace], secret: ["*"] } },
        { namespaces: [namespace], targets: { namespace: [namespace], deployment: ["*"] } },
      ],
    },
  });
  const deployment = async (): Promise<Deployment> =>
    JSON.parse(await server.must(["get", "deployment", "orders", "-n", namespace, "-o", "json"]));
  const says = async (status: object): Promise<void> => {
    const patch = ["patch", "deployment", "orders", "-n", namespace, "--subresource=status", "--type=merge", "-p"];
    await server.must([...patch, JSON.stringify({ status })]);
  };
  return {
    account,
    grant,
    deployment,
    says,
    consumer: (more = {}) => ({
      id: "cluster",
      account,
      kubernetes: { namespace, secret: "orders" },
      keys: [{ field: "value", name: "API_TOKEN" }],
      check: { type: "native" },
      ...more,
    }),
    held: async () => {
      const text = await server.must(["get", "secret", "orders", "-n", namespace, "-o", "json"]);
      const encoded: string | undefined = JSON.parse(text).data?.API_TOKEN;
      return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
    },
    rollOut: async () => {
      const { metadata, spec } = await deployment();
      await server.must(["delete", "pods", "--all", "-n", namespace, "--force", "--grace-period=0"]);
      const owner = {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: "orders-1",
        uid: "5d9c6f6a-0000-4000-8000-000000000000",
        controller: true,
      };
      const annotations = spec.template.metadata.annotations ?? {};
      const pod = {
        ...named(`orders-1-${metadata.generation}`),
        labels: LABELS,
        annotations,
        ownerReferences: [owner],
      };
      await apply({ apiVersion: "v1", kind: "Pod", metadata: pod, spec: CONTAINERS });
      const numbers = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
      const done = { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" };
      await says({ observedGeneration: metadata.generation, ...numbers, conditions: [done] });
    },
    [Symbol.asyncDispose]: async () => {
      await server.must(["delete", "vendoraccount", account, "--ignore-not-found"]);
      await server.must(["delete", "secret", account, "-n", "default", "--ignore-not-found"]);
    },
  };
}

/** With the old value, and more. */
export function ordersSecret(namespace: string, value: string, more: object = {}): object {
  const metadata = { name: "orders", namespace };
  return { apiVersion: "v1", kind: "Secret", metadata, stringData: { API_TOKEN: value }, ...more };
}

export function ordersDeployment(namespace: string): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "orders", namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: CONTAINERS },
    },
  };
}
