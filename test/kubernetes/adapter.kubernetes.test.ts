/** The adapter of Secrets on a real API server. It has no controllers: the test writes the status and the pods that they would. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { sinkConformance } from "../../adapters/conformance/sink.ts";
import type { Sink } from "../../adapters/contract.ts";
import { kubernetes } from "../../adapters/kubernetes/kubernetes.ts";
import { openHttp } from "../../adapters/http.ts";
import { path } from "../../adapters/http-path.ts";
import { Secret } from "../../adapters/secret.ts";
import type { ApiAccess } from "./environment/access.ts";
import { describeKubernetes, sharedApiServer } from "./environment/shared.ts";

const NAMESPACE = "adapter-kubernetes";
const never = new AbortController().signal;
const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
let server: ApiAccess;
let login: { readonly endpoint: string; readonly token: string; readonly ca: string };
let count = 0;

const ROLE = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: "velvet-writes", namespace: NAMESPACE },
  rules: [
    { apiGroups: [""], resources: ["secrets"], verbs: ["get", "patch", "create"] },
    { apiGroups: ["apps"], resources: ["deployments", "statefulsets", "daemonsets"], verbs: ["get", "patch"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
  ],
};

const BINDING = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "velvet-writes", namespace: NAMESPACE },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "velvet-writes" },
  subjects: [{ kind: "ServiceAccount", name: "velvet", namespace: NAMESPACE }],
};

async function run(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await server.kubectl([...args], stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const apply = async (object: object) => run(["apply", "-f", "-"], JSON.stringify(object));

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: { readonly token?: string } }[];
}

function loginIn(file: string) {
  const config = parse(readFileSync(file, "utf8")) as Kubeconfig;
  const cluster = config.clusters[0]?.cluster ?? {};
  const encoded = cluster["certificate-authority-data"];
  const ca = encoded
    ? Buffer.from(encoded, "base64").toString("utf8")
    : readFileSync(cluster["certificate-authority"] ?? "", "utf8");
  return { endpoint: cluster["server"] ?? "", token: config.users[0]?.user.token ?? "", ca };
}

function connect(config: object = {}) {
  const { endpoint, token, ca } = login;
  const secrets: Readonly<Record<string, string>> = { token, ca };
  return kubernetes.connect(
    {
      name: "cluster",
      generation: 1,
      endpoint,
      config,
      endpoints: [],
      secret: (name) => Secret.from(secrets[name] ?? ""),
      headers: () => ({}),
    },
    clock,
  );
}

function sinkOf(connection: ReturnType<typeof connect>, secret: string, restart?: object): Sink {
  const sink = connection.sink?.({ namespace: NAMESPACE, secret }, restart);
  if (!sink) throw new Error("the adapter is a sink");
  return sink;
}

const decoded = (data: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString("utf8")]));

async function stored(
  name: string,
): Promise<{ data?: Record<string, string>; metadata?: { resourceVersion: string } }> {
  const text = await run(["get", "secret", name, "-n", NAMESPACE, "--ignore-not-found", "-o", "json"]);
  return text === "" ? {} : (JSON.parse(text) as object);
}

async function dataOf(name: string): Promise<Record<string, string>> {
  await using http = openHttp({
    vendor: "test",
    baseUrl: login.endpoint,
    headers: () => ({ authorization: Secret.from(`Bearer ${login.token}`) }),
    clock,
    ca: () => login.ca,
  });
  const at = path`/api/v1/namespaces/${NAMESPACE}/secrets/${name}`;
  const answer = await http.send({ method: "GET", path: at, accept: [404] }, never);
  return (answer.json() as { data?: Record<string, string> }).data ?? {};
}

async function plant(name: string, values: Readonly<Record<string, string>>): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  const found = await stored(name);
  if (!found.metadata)
    return void (await run(
      ["create", "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE }, data }),
    ));
  await run(["patch", "secret", name, "-n", NAMESPACE, "--type=merge", "-p", JSON.stringify({ data })]);
}

const TEMPLATE = { metadata: { labels: { app: "orders" } }, spec: { containers: [{ name: "app", image: "orders" }] } };
const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "orders", namespace: NAMESPACE },
  spec: { replicas: 1, selector: { matchLabels: { app: "orders" } }, template: TEMPLATE },
};

describeKubernetes("the adapter kubernetes", () => {
  beforeAll(async () => {
    server = sharedApiServer();
    await run(["create", "namespace", NAMESPACE]);
    await run(["create", "serviceaccount", "velvet", "-n", NAMESPACE]);
    for (const object of [ROLE, BINDING]) await apply(object);
    login = loginIn(await server.serviceAccountKubeconfig(NAMESPACE, "velvet"));
  });

  afterAll(async () => {
    await run(["delete", "namespace", NAMESPACE, "--wait=false"]);
  });

  sinkConformance({
    name: "kubernetes, on a real API server,",
    make: async () => {
      const [one, two] = [connect(), connect()];
      const name = `conformance-${(count += 1)}`;
      return {
        sink: sinkOf(one, name),
        other: () => sinkOf(two, name),
        plant: async (values) => plant(name, values),
        // Without kubectl, which takes longer than thirty writes.
        peek: async () => decoded(await dataOf(name)),
        stamp: async () => (await stored(name)).metadata?.resourceVersion ?? "",
        [Symbol.asyncDispose]: async () => {
          await one[Symbol.asyncDispose]();
          await two[Symbol.asyncDispose]();
        },
      };
    },
  });

  it("answers a probe, and names the permission that is missing", async () => {
    await using connection = connect({
      uses: [{ namespace: NAMESPACE, secrets: ["a"], create: true, deployments: ["a"] }],
    });
    expect(await connection.probe(never)).toMatchObject({ ready: true, message: expect.stringContaining("velvet") });
    await using strange = connect({ uses: [{ namespace: "kube-system", secrets: ["a"] }] });
    expect(await strange.probe(never)).toMatchObject({
      ready: false,
      message: expect.stringContaining("get secrets/a"),
    });
  });

  it("of two Credentials that write at once, neither takes the other's keys away", async () => {
    await using connection = connect();
    for (const round of ["1", "2", "3"]) {
      await Promise.all(
        ["A", "B", "C"].map(async (key) =>
          sinkOf(connection, "shared").write({ keys: { [key]: Secret.from(round) } }, never),
        ),
      );
      expect(decoded((await stored("shared")).data)).toEqual({ A: round, B: round, C: round });
    }
  });

  it("keeps the type of a typed Secret, takes over from kubectl apply, and refuses a controller's and an immutable one", async () => {
    await using connection = connect();
    const encoded = Buffer.from("old").toString("base64");
    const secret = (name: string, more: object) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: NAMESPACE },
      data: { A: encoded },
      ...more,
    });
    await apply(secret("applied", {}));
    await sinkOf(connection, "applied").write({ keys: { A: Secret.from("new") } }, never);
    expect(decoded((await stored("applied")).data)).toEqual({ A: "new" });
    await apply(secret("tls", { type: "kubernetes.io/tls", data: { "tls.crt": encoded, "tls.key": encoded } }));
    await sinkOf(connection, "tls").write({ keys: { "tls.key": Secret.from("new") } }, never);
    expect(await stored("tls")).toMatchObject({ type: "kubernetes.io/tls" });
    await apply(secret("fixed", { immutable: true }));
    await expect(sinkOf(connection, "fixed").write({ keys: { A: Secret.from("new") } }, never)).rejects.toMatchObject({
      reason: "SecretImmutable",
    });
    await run(
      ["apply", "--server-side", "--field-manager=kustomize-controller", "-f", "-"],
      JSON.stringify(secret("theirs", {})),
    );
    await expect(sinkOf(connection, "theirs").write({ keys: { A: Secret.from("new") } }, never)).rejects.toMatchObject({
      reason: "SecretOwnedByController",
    });
  });

  it("restarts a Deployment once for each version, and is settled when its status and its pods say so", async () => {
    await using connection = connect();
    await apply(DEPLOYMENT);
    const sink = sinkOf(connection, "restarted", { deployments: ["orders"] });
    const order = { keys: { A: Secret.from("1"), B: Secret.from("2") } };
    const written = await sink.write(order, never);
    expect(await sink.write(order, never)).toEqual({ changed: false, version: written.version });
    const found = JSON.parse(await run(["get", "deployment", "orders", "-n", NAMESPACE, "-o", "json"])) as {
      metadata: { generation: number };
      spec: { template: { metadata: { annotations: Record<string, string> } } };
    };
    expect(found.metadata.generation).toBe(2);
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
    const says = async (status: object) =>
      run([
        "patch",
        "deployment",
        "orders",
        "-n",
        NAMESPACE,
        "--subresource=status",
        "--type=merge",
        "-p",
        JSON.stringify({ status }),
      ]);
    const stuck = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
    await says({ observedGeneration: 2, conditions: [stuck] });
    expect(await sink.settle(written, never)).toMatchObject({ state: "failed", reason: "RolloutFailed" });
    await says({
      observedGeneration: 2,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: [{ ...stuck, status: "True", reason: "NewReplicaSetAvailable" }],
    });
    const owner = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "orders-1",
      uid: "5d9c6f6a-0000-4000-8000-000000000000",
      controller: true,
    };
    const pod = (name: string, annotations: object) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: NAMESPACE, labels: { app: "orders" }, annotations, ownerReferences: [owner] },
      spec: TEMPLATE.spec,
    });
    await apply(pod("orders-1-old", {}));
    await apply(pod("orders-1-new", found.spec.template.metadata.annotations));
    expect(await sink.settle(written, never)).toMatchObject({
      state: "pending",
      message: expect.stringContaining("orders-1-old"),
    });
    await run(["delete", "pod", "orders-1-old", "-n", NAMESPACE, "--force", "--grace-period=0"]);
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
  });

  it("sees what a later envFrom brings, by metadata alone, and nothing where it has no right to it", async () => {
    await using connection = connect();
    const from = [
      { secretRef: { name: "ours" } },
      { secretRef: { name: "theirs" } },
      { configMapRef: { name: "map" } },
    ];
    const spec = { containers: [{ name: "app", image: "orders", envFrom: from }] };
    const template = { ...TEMPLATE, metadata: { labels: { app: "hidden" } }, spec };
    const selector = { matchLabels: { app: "hidden" } };
    const metadata = { name: "hidden", namespace: NAMESPACE };
    await apply({ ...DEPLOYMENT, metadata, spec: { ...DEPLOYMENT.spec, selector, template } });
    for (const name of ["ours", "theirs"]) await plant(name, { [name === "ours" ? "KEY" : "OTHER"]: "value" });
    await run(["create", "configmap", "map", "-n", NAMESPACE, "--from-literal=KEY=value"]);
    const sink = sinkOf(connection, "ours", { deployments: ["hidden"] });
    expect(await sink.shadows?.(["KEY"], never)).toEqual({});
    await plant("theirs", { KEY: "another" });
    const by = "the Secret theirs, later in envFrom, of the container app of the Deployment hidden";
    expect(await sink.shadows?.(["KEY"], never)).toEqual({ KEY: { by } });
  });
});
