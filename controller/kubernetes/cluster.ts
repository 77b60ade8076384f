/** How an API server is found and asked: from kubeconfig files, or from within a pod. */
import { existsSync, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import type { RequestOptions } from "node:https";
import { join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { openClient } from "./client.ts";
import type { ApiClient } from "./client.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { Credential, Credentials } from "./credential.ts";
import type { CredentialSource } from "./credential.ts";
import { ApiError } from "./error.ts";
import { choose } from "./kubeconfig.ts";
import type { Chosen } from "./kubeconfig.ts";
import { ownAgent } from "./user-agent.ts";
import { Wire } from "./wire.ts";

export interface ClusterOptions {
  /** Path of a kubeconfig; instead of KUBECONFIG, the pod's ServiceAccount and ~/.kube/config, of which the first that is there is used. */
  readonly kubeconfig?: string | undefined;
  /** Instead of the kubeconfig's current one. Asking for one leaves the pod's ServiceAccount aside. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Where a pod finds its token. */
  readonly podFolder?: string;
}

const POD_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * A client of the cluster that is chosen. Nothing is asked of the API server yet: where it is away, the first request says so. Throws an
 * ApiError with a remedy where there is no kubeconfig, no such context, or nothing usable in them.
 */
export async function openCluster(options: ClusterOptions): Promise<ApiClient> {
  const { clock = SYSTEM_CLOCK, random = Math.random } = options;
  // Large, and slow to load: nobody who does not talk to a cluster pays for it.
  const { KubeConfig: makeConfig } = await import("@kubernetes/client-node");
  const look = (): Chosen => inPod(options) ?? choose(options, makeConfig);
  const chosen = look();
  const server = serverOf(chosen);
  const source = sourceOf(chosen, look, makeConfig);
  return openClient({
    server,
    namespace: chosen.namespace,
    userAgent: ownAgent(),
    wire: new Wire(server, proxyOf(chosen)),
    credentials: new Credentials(source, clock),
    clock,
    random,
  });
}

/** The pod's ServiceAccount; undefined outside of a pod, or where somebody chose otherwise. */
function inPod({ kubeconfig, context, env, podFolder = POD_FOLDER }: ClusterOptions): Chosen | undefined {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const tokenFile = join(podFolder, "token");
  if (kubeconfig !== undefined || context !== undefined || env["KUBECONFIG"]) return undefined;
  if (!host || !existsSync(tokenFile)) return undefined;
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env["KUBERNETES_SERVICE_PORT"] ?? "443"}`;
  const namespaceFile = join(podFolder, "namespace");
  return {
    cluster: { name: "pod", server, caFile: join(podFolder, "ca.crt"), skipTLSVerify: false },
    user: { name: "pod", authProvider: { name: "tokenFile", config: { tokenFile } } },
    groups: [],
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, "utf8").trim() : "default",
  };
}

/** Credentials cross a network only within TLS; `kubectl proxy` listens on this machine. */
function serverOf({ cluster }: Chosen): URL {
  const server = URL.parse(cluster.server);
  const local = server && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(server.hostname);
  const usable = server?.protocol === "https:" || (server?.protocol === "http:" && local);
  if (!server || !usable || server.username !== "" || server.search !== "") {
    throw unusable(`the server of the cluster "${cluster.name}" must be an https URL without a user and a query`);
  }
  return server;
}

function proxyOf({ cluster: { name, proxyUrl } }: Chosen): string | undefined {
  if (!proxyUrl) return undefined;
  if (!/^https?:$/.test(URL.parse(proxyUrl)?.protocol ?? "")) {
    throw unusable(`the proxy of the cluster "${name}" must be an http or https URL`);
  }
  return proxyUrl;
}

function unusable(why: string): ApiError {
  return new ApiError(`The kubeconfig cannot be used: ${why}.`, {
    reason: "KubeconfigInvalid",
    remedy: "Mend the kubeconfig; kubectl config view shows how it is read.",
  });
}

function sourceOf(first: Chosen, look: () => Chosen, makeConfig: new () => KubeConfig): CredentialSource {
  let held = configured(first, makeConfig);
  return {
    read: () => credentialOf(held),
    reread: async () => {
      held = configured(look(), makeConfig);
      return credentialOf(held);
    },
  };
}

interface Configured {
  readonly chosen: Chosen;
  readonly config: KubeConfig;
}

/** The library is asked for credentials only: connections and proxies are the wire's. */
function configured(chosen: Chosen, makeConfig: new () => KubeConfig): Configured {
  const { proxyUrl: _, ...cluster } = chosen.cluster;
  const plain = cluster.server.startsWith("http:");
  const config = new makeConfig();
  config.loadFromClusterAndUser(
    { ...cluster, skipTLSVerify: plain || cluster.skipTLSVerify },
    withExecInfo(chosen.user),
  );
  return { chosen, config };
}

/** What programs that make credentials are told: the version of the answer that is wanted, and that nobody is there to be asked. */
function withExecInfo(user: Chosen["user"]): Chosen["user"] {
  if (!user.exec) return user;
  const { apiVersion, env } = user.exec as { apiVersion?: unknown; env?: unknown };
  const value = JSON.stringify({ apiVersion, kind: "ExecCredential", spec: { interactive: false } });
  const told = { name: "KUBERNETES_EXEC_INFO", value };
  return { ...user, exec: { ...user.exec, env: [...(Array.isArray(env) ? env : []), told] } };
}

async function credentialOf({ chosen, config }: Configured): Promise<Credential> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch {
    throw unmade(chosen);
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const tls = { ca, cert, key, servername, rejectUnauthorized };
  return new Credential(headersOf(chosen, options), material(tls));
}

/** The library's own error may quote what a program printed. */
function unmade({ user }: Chosen): ApiError {
  const { command } = (user.exec ?? {}) as { command?: unknown };
  const by = typeof command === "string" ? `the program ${command}` : `the user "${user.name}" of the kubeconfig`;
  return new ApiError(`There is no credential for the API server: ${by} gave none.`, {
    reason: "ClusterCredentialMissing",
    remedy: "Run kubectl auth whoami with the same context: it shows what is missing.",
  });
}

function headersOf({ groups }: Chosen, { headers, auth }: RequestOptions): Record<string, string | string[]> {
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]);
  return {
    ...(auth ? { authorization: `Basic ${Buffer.from(auth).toString("base64")}` } : {}),
    ...Object.fromEntries(given),
    ...(groups.length === 0 ? {} : { "impersonate-group": [...groups] }),
  };
}

function material(given: Readonly<Record<string, unknown>>): Record<string, string | Buffer | boolean> {
  const isMaterial = (value: unknown): value is string | Buffer | boolean =>
    typeof value === "string" || typeof value === "boolean" || Buffer.isBuffer(value);
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (isMaterial(value) ? [[name, value] as const] : [])),
  );
}
