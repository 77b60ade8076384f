/** What a test does with a running API server. Plain data behind it, so that it can be handed to another process. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KeyPair, makeClientCertificate } from "./certificates.ts";
import { type Call, callApi, type Credentials } from "./https.ts";
import type { Binaries } from "./tools.ts";

export interface Place {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** Certificates, kubeconfigs, data; removed with the server. */
  readonly folder: string;
  readonly binaries: Binaries;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Path; the administrator's when left out. */
  readonly kubeconfig?: string;
  readonly stdin?: string;
}

export interface ApiAccess {
  readonly url: string;
  /** Path of a kubeconfig of the group system:masters. */
  readonly adminKubeconfig: string;
  /** Path of a kubeconfig with a token of this ServiceAccount, which must exist; valid for an hour. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  /** Path of a kubeconfig with a client certificate of this user in these groups. */
  userKubeconfig(name: string, groups?: readonly string[]): Promise<string>;
  /** Never throws for an exit code: that is for the test to judge. */
  kubectl(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** What kubectl says; throws unless it succeeds. */
  must(args: readonly string[], options?: RunOptions): Promise<string>;
  helm(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** A request as administrator, for what kubectl cannot do; throws unless the answer is a success. */
  call(request: Call): Promise<unknown>;
  /** A new namespace with a name that nobody else uses. */
  createNamespace(prefix?: string): Promise<string>;
  /**
   * Ends a namespace as the namespace controller would, which does not run here: deletes it, then all that is in it, then its
   * finalizer. Objects with finalizers of their own must lose them first.
   */
  finalizeNamespace(namespace: string): Promise<void>;
}

export const FILES = { authority: "authority.json", admin: "admin.kubeconfig" } as const;

export function accessTo(place: Place): ApiAccess {
  const { url, folder, binaries } = place;
  const adminKubeconfig = join(folder, FILES.admin);
  const authority = async (): Promise<KeyPair> => JSON.parse(await readFile(join(folder, FILES.authority), "utf8"));
  const call = async (request: Call): Promise<unknown> =>
    callApi(url, await credentialsOf(adminKubeconfig), { signal: AbortSignal.timeout(30_000), ...request });
  const env = (kubeconfig = adminKubeconfig): Record<string, string> => ({
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    KUBECONFIG: kubeconfig,
  });
  const kubectl: ApiAccess["kubectl"] = (args, options = {}) =>
    run(binaries.kubectl, args, env(options.kubeconfig), options.stdin);
  const must: ApiAccess["must"] = async (args, options) => {
    const { code, stdout, stderr } = await kubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  return {
    url,
    adminKubeconfig,
    call,
    kubectl,
    must,
    helm: (args, options = {}) => run(binaries.helm, args, env(options.kubeconfig), options.stdin),
    userKubeconfig: async (name, groups = []) => {
      const issuer = await authority();
      const { certificate, key } = makeClientCertificate(
        issuer,
        { commonName: name, organizations: groups },
        new Date(),
      );
      const user = { "client-certificate-data": base64(certificate), "client-key-data": base64(key) };
      return writeKubeconfig(folder, url, issuer.certificate, user);
    },
    serviceAccountKubeconfig: async (namespace, name) => {
      const { status } = (await call({
        method: "POST",
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`,
        body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } },
      })) as { readonly status: { readonly token: string } };
      const { certificate } = await authority();
      return writeKubeconfig(folder, url, certificate, { token: status.token }, namespace);
    },
    createNamespace: async (prefix = "test") => {
      const name = `${prefix}-${randomBytes(5).toString("hex")}`;
      await must(["create", "namespace", name]);
      return name;
    },
    finalizeNamespace: async (namespace) => {
      await must(["delete", "namespace", namespace, "--wait=false"]);
      const kinds = await must(["api-resources", "--namespaced", "--verbs=delete,list", "--output=name"]);
      const list = kinds.trim().split("\n").join(",");
      await must(["delete", list, "--all", `--namespace=${namespace}`, "--wait=false"]);
      await call({
        method: "PUT",
        path: `/api/v1/namespaces/${namespace}/finalize`,
        body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace }, spec: { finalizers: [] } },
      });
    },
  };
}

/** Writes a kubeconfig with one context and answers its path. JSON, which is YAML too. */
export async function writeKubeconfig(
  folder: string,
  server: string,
  authority: string,
  user: Readonly<Record<string, string>>,
  namespace = "default",
): Promise<string> {
  const path = join(await mkdtemp(join(folder, "user-")), "kubeconfig");
  const text = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
    "current-context": "test",
  };
  await writeFile(path, JSON.stringify(text), { mode: 0o600 });
  return path;
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Of a kubeconfig that was written here, with a client certificate. */
export async function credentialsOf(kubeconfig: string): Promise<Credentials> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, "utf8"));
  const plain = (text: string): string => Buffer.from(text, "base64").toString();
  const { user } = users[0];
  return {
    ca: plain(clusters[0].cluster["certificate-authority-data"]),
    cert: plain(user["client-certificate-data"]),
    key: plain(user["client-key-data"]),
  };
}

async function run(program: string, args: readonly string[], env: Record<string, string>, stdin = ""): Promise<Ended> {
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // It may end without reading.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
