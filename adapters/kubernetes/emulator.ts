/** An API server on loopback with Secrets and workloads: enough of it for a sink, with the rules that a sink can trip over. */
import type { Call, Emulator, Reply, Route } from "../emulator/emulator.ts";
import { openEmulator } from "../emulator/emulator.ts";
import { groupOf, status, updated } from "./emulator-objects.ts";
import { Secrets } from "./emulator-secrets.ts";
import { Workloads } from "./emulator-workloads.ts";

export const TOKEN = "eyJhbGciOi.velvet.token";

export interface KubernetesEmulator extends Emulator {
  readonly secrets: Secrets;
  /** Their keys are kept as those of Secrets are. */
  readonly configMaps: Secrets;
  readonly workloads: Workloads;
  /** Tokens that are let in. */
  readonly tokens: Set<string>;
  /** `patch secrets/orders-app`, `list pods`: what is not permitted. */
  readonly denied: Set<string>;
  /** Key name to value. Empty where there is no such Secret. */
  peek(namespace: string, name: string): Record<string, string>;
  /** By another hand; makes the Secret where it is missing. */
  plant(namespace: string, name: string, values: Readonly<Record<string, string>>, manager?: string): void;
  plantMap(namespace: string, name: string, values: Readonly<Record<string, string>>): void;
}

export async function openKubernetes(options: { readonly now?: () => number } = {}): Promise<KubernetesEmulator> {
  const now = options.now ?? Date.now;
  let version = 100;
  const next = () => (version += 1);
  const [secrets, configMaps, workloads] = [new Secrets(next), new Secrets(next), new Workloads(next)];
  secrets.namespaces.set("orders", "active");
  const tokens = new Set([TOKEN]);
  const denied = new Set<string>();
  const emulator = await openEmulator({
    now,
    routes: routesOf({ secrets, configMaps, workloads, denied }),
    gate: (call) => refuse(call, tokens, denied),
    unknown: () => status(404, "NotFound", "the server could not find the requested resource"),
  });
  return {
    ...emulator,
    secrets,
    configMaps,
    workloads,
    tokens,
    denied,
    peek: (namespace, name) => {
      const found = secrets.all.get(`${namespace}/${name}`);
      const entries = found ? Object.entries(groupOf(found, "data")) : [];
      return Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(text, "base64").toString("utf8")]));
    },
    plant: (namespace, name, values, manager = "kubectl-edit") => plantIn(secrets, namespace, name, values, manager),
    plantMap: (namespace, name, values) => plantIn(configMaps, namespace, name, values, "kubectl-edit"),
  };

  function plantIn(
    into: Secrets,
    namespace: string,
    name: string,
    values: Readonly<Record<string, string>>,
    manager: string,
  ): void {
    const found = into.all.get(`${namespace}/${name}`) ?? into.make(namespace, name);
    const fields = Object.entries(values).map(
      ([key, text]) => [`data/${key}`, Buffer.from(text).toString("base64")] as const,
    );
    updated(found, { manager, now: now(), nextVersion: next }, new Map(fields));
  }
}

interface Kept {
  readonly secrets: Secrets;
  readonly configMaps: Secrets;
  readonly workloads: Workloads;
  readonly denied: ReadonlySet<string>;
}

function routesOf({ secrets, configMaps, workloads, denied }: Kept): readonly Route[] {
  const apps = "/apis/apps/v1/namespaces/{ns}/{plural}/{name}";
  return [
    { method: "GET", pattern: "/api/v1/namespaces/{ns}/secrets/{name}", handle: (call) => secrets.get(call) },
    { method: "GET", pattern: "/api/v1/namespaces/{ns}/configmaps/{name}", handle: (call) => configMaps.get(call) },
    { method: "PATCH", pattern: "/api/v1/namespaces/{ns}/secrets/{name}", handle: (call) => secrets.patch(call) },
    { method: "POST", pattern: "/api/v1/namespaces/{ns}/secrets", handle: (call) => secrets.create(call) },
    { method: "GET", pattern: "/api/v1/namespaces/{ns}/pods", handle: (call) => workloads.pods(call) },
    { method: "GET", pattern: apps, handle: (call) => workloads.get(call) },
    { method: "PATCH", pattern: apps, handle: (call) => workloads.patch(call) },
    {
      method: "POST",
      pattern: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      handle: () => ({
        status: 201,
        body: { status: { userInfo: { username: "system:serviceaccount:velvet:velvet" } } },
      }),
    },
    {
      method: "POST",
      pattern: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      handle: ({ json }) => {
        const { resourceAttributes: asked } = (json as { spec: { resourceAttributes: Record<string, string> } }).spec;
        const what = [asked["resource"], asked["name"]].filter(Boolean).join("/");
        return { status: 201, body: { status: { allowed: !denied.has(`${asked["verb"]} ${what}`) } } };
      },
    },
  ];
}

function refuse(call: Call, tokens: ReadonlySet<string>, denied: ReadonlySet<string>): Reply | undefined {
  const token = call.headers.authorization?.replace(/^Bearer /, "") ?? "";
  if (!tokens.has(token)) return status(401, "Unauthorized", "Unauthorized");
  const verb = { GET: "get", PATCH: "patch", POST: "create" }[call.method] ?? "";
  const [, resource, name] = /\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?$/.exec(call.path) ?? [];
  const asked =
    name === undefined && verb === "get" ? `list ${resource}` : `${verb} ${[resource, name].filter(Boolean).join("/")}`;
  return denied.has(asked) ? status(403, "Forbidden", `User cannot ${asked}`) : undefined;
}
