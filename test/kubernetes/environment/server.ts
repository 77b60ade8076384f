/** A real etcd and a real kube-apiserver for a test, on random ports of the loopback, gone with the test. */
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiAccess, accessTo, base64, credentialsOf, FILES, type Place, writeKubeconfig } from "./access.ts";
import { findBinaries } from "./binaries.ts";
import { makeAuthority, makeClientCertificate, makeServerCertificate } from "./certificates.ts";
import { callApi } from "./https.ts";
import { type Leashed, leashed } from "./leashed.ts";
import { freePort } from "./ports.ts";

export interface ApiServer extends ApiAccess, AsyncDisposable {
  /** What another process needs to use this server: `accessTo(place)`. */
  readonly place: Place;
  /** SIGKILL of the API server; etcd goes on with the data. */
  kill(): Promise<void>;
  /** On the same port and data; killed first when it still runs. Resolves when it is ready. */
  restart(): Promise<void>;
  /** Forgets all history, as etcd does every few minutes: who watched before that has to list again once the API server was restarted. */
  compact(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;

/**
 * Starts both, in about four seconds, with RBAC on, anonymous requests refused and admission policies enforced. The programs must be there
 * already: nothing is built here.
 *
 * There is no controller manager, no scheduler and no node: nothing is garbage-collected, a deleted namespace stays `Terminating` (see
 * `finalizeNamespace`), a Deployment makes no pods and its status is for the test to write, a namespace has no ServiceAccount `default`,
 * and a ClusterRole that is aggregated from others stays empty: `view`, `edit` and `admin` grant nothing.
 * The admission plugin that would demand a ServiceAccount for each pod is therefore off.
 */
export async function startApiServer(): Promise<ApiServer> {
  const binaries = await findBinaries();
  if ("lacking" in binaries) throw new Error(binaries.lacking);
  const folder = await mkdtemp(join(tmpdir(), "velvet-kubernetes-"));
  const port = await freePort();
  const place: Place = { url: `https://127.0.0.1:${port}`, folder, binaries };
  const etcdUrl = `http://127.0.0.1:${await freePort()}`;
  await writeFiles(place);
  // Its leash, the last to be let go, takes the folder along.
  const etcd = leashed(binaries.etcd, etcdArgs(folder, etcdUrl), folder);
  const begin = async (): Promise<Leashed> => {
    const server = leashed(binaries["kube-apiserver"], serverArgs(folder, port, etcdUrl));
    try {
      await ready(place, server);
      return server;
    } catch (error) {
      await server.kill();
      throw error;
    }
  };
  const end = async (): Promise<void> => {
    await etcd.kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await etcd.says(/ready to serve client requests/);
    let server = await begin();
    return {
      ...accessTo(place),
      place,
      kill: () => server.kill(),
      restart: async () => {
        await server.kill();
        server = await begin();
      },
      compact: async () => compact(etcdUrl),
      [Symbol.asyncDispose]: async () => {
        await server.kill();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function writeFiles({ folder, url }: Place): Promise<void> {
  const now = new Date();
  const authority = makeAuthority(now);
  const server = makeServerCertificate(authority, now);
  const tokens = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const admin = makeClientCertificate(authority, { commonName: "admin", organizations: ["system:masters"] }, now);
  await mkdir(join(folder, "etcd"), { mode: 0o700 });
  const files: Readonly<Record<string, string>> = {
    [FILES.authority]: JSON.stringify(authority),
    "ca.crt": authority.certificate,
    "server.crt": server.certificate,
    "server.key": server.key,
    "tokens.key": tokens.privateKey.export({ type: "sec1", format: "pem" }).toString(),
    "tokens.pub": tokens.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const user = { "client-certificate-data": base64(admin.certificate), "client-key-data": base64(admin.key) };
  await rename(await writeKubeconfig(folder, url, authority.certificate, user), join(folder, FILES.admin));
}

function etcdArgs(folder: string, url: string): string[] {
  return [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    "--listen-peer-urls=http://127.0.0.1:0",
    // The data is thrown away: a disk that is slow to flush must not slow the tests down.
    "--unsafe-no-fsync",
    "--log-level=info",
  ];
}

function serverArgs(folder: string, port: number, etcdUrl: string): string[] {
  const file = (name: string): string => join(folder, name);
  return [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${file("server.crt")}`,
    `--tls-private-key-file=${file("server.key")}`,
    `--client-ca-file=${file("ca.crt")}`,
    `--cert-dir=${file("unused")}`,
    "--authorization-mode=RBAC",
    "--anonymous-auth=false",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${file("tokens.pub")}`,
    `--service-account-signing-key-file=${file("tokens.key")}`,
    "--service-cluster-ip-range=10.0.0.0/24",
    "--disable-admission-plugins=ServiceAccount",
    // The loopback may not stand in the endpoints of the service `kubernetes`.
    "--endpoint-reconciler-type=none",
    "--profiling=false",
  ];
}

async function compact(etcdUrl: string): Promise<void> {
  const ask = async (path: string, body: object): Promise<{ readonly header?: { readonly revision?: string } }> => {
    const answer = await fetch(`${etcdUrl}/v3/kv/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd: ${path}: ${await answer.text()}`);
    return (await answer.json()) as object;
  };
  const { header } = await ask("range", { key: Buffer.from("\0").toString("base64") });
  await ask("compaction", { revision: header?.revision, physical: true });
}

async function ready({ url, folder }: Place, server: Leashed): Promise<void> {
  const credentials = await credentialsOf(join(folder, FILES.admin));
  const deadline = AbortSignal.timeout(READY_WITHIN_MS);
  let last: unknown;
  while (!server.hasEnded() && !deadline.aborted) {
    try {
      await callApi(url, credentials, { method: "GET", path: "/readyz", signal: deadline });
      return;
    } catch (error) {
      last = error;
    }
    // Nothing announces that it is ready: it has to be asked.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`kube-apiserver did not become ready: ${server.said().slice(-6_000)}`, { cause: last });
}
