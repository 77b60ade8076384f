/** A real controller on a real API server: the composition root itself, with a ledger of its own and files as consumers. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { readConfig } from "../../controller/config.ts";
import { expect, vi } from "vitest";
import { readSource } from "../../controller/sources/state.ts";
import { openLog } from "../../controller/log.ts";
import { runController } from "../../controller/main.ts";
import { freshLedger, type FreshLedger } from "../support/postgres.ts";
import type { ApiAccess, Ended } from "./environment/access.ts";
import { freePort } from "./environment/ports.ts";

export const OLD = "old-shared-token-with-32-characters";

export interface VelvetOnCluster extends AsyncDisposable {
  readonly ledger: FreshLedger;
  readonly namespace: string;
  /** Names of the cluster-scoped accounts are this test's own. */
  readonly accounts: { readonly values: string; readonly files: string };
  readonly folder: string;
  readonly lines: readonly string[];
  /** From now on the controller's clocks are so much later. */
  later(ms: number): void;
  /** What its readiness probe says. */
  readyz(): Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }>;
  start(kubeconfig?: string): Promise<void>;
  stop(): Promise<void>;
  /** What the consumer `app` holds. */
  held(): Promise<string>;
  apply(...objects: readonly object[]): Promise<Ended>;
  credential(name: string, more?: object): object;
  accountObjects(): object[];
  request(name: string, more?: object): object;
  decision(name: string, spec: object): object;
  read(kind: string, name: string): Promise<KubernetesObject>;
}

export interface KubernetesObject {
  readonly metadata: { readonly generation: number; readonly uid: string; readonly resourceVersion: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: {
    readonly observedGeneration: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
      readonly lastTransitionTime: string;
    }[];
    readonly [field: string]: unknown;
  };
}

const API = "velvet.raxx.app/v1alpha1";

/** Nothing is started, and no object is made yet. */
export async function velvetOn(server: ApiAccess): Promise<VelvetOnCluster> {
  const [ledger, namespace, port] = await Promise.all([freshLedger(), server.createNamespace("orders"), freePort()]);
  let aheadMs = 0;
  const folder = await mkdtemp(join(tmpdir(), "velvet-cluster-"));
  await mkdir(join(folder, "app"));
  await writeFile(join(folder, "app", ".env"), `API_TOKEN=${OLD}\n`, { mode: 0o600 });
  const accounts = { values: `values-${namespace}`, files: `files-${namespace}` };
  const lines: string[] = [];
  let running: { readonly done: Promise<void>; readonly stop: AbortController } | undefined;
  const stop = async (): Promise<void> => {
    running?.stop.abort();
    await running?.done;
    running = undefined;
  };
  const object = (kind: string, name: string, spec: object, place: object = { namespace }): object => {
    return { apiVersion: API, kind, metadata: { name, ...place }, spec };
  };
  const allow = [{ namespaces: [namespace] }];
  return {
    ledger,
    namespace,
    accounts,
    folder,
    lines,
    stop,
    later: (ms) => (aheadMs += ms),
    readyz: async () => JSON.parse(await (await fetch(`http://127.0.0.1:${port}/readyz`)).text()),
    start: async (kubeconfig = server.adminKubeconfig) => {
      const stopping = new AbortController();
      const ready = Promise.withResolvers<void>();
      const done = runController({
        ...frame(ledger, { namespace, folder, kubeconfig, port }),
        log: openLog({ level: "info", stream: { write: (text: string) => lines.push(text), isTTY: false } }),
        clock: { now: () => new Date(Date.now() + aheadMs), monotonicMs: () => performance.now() + aheadMs },
        random: randomBytes,
        stop: stopping.signal,
        onReady: ready.resolve,
      });
      running = { done, stop: stopping };
      await Promise.race([ready.promise, done]);
      // What is there before is recorded and not executed.
      await vi.waitFor(async () => expect(await firstSync(ledger)).toBe(true), { timeout: 30_000, interval: 20 });
    },
    held: async () => /API_TOKEN=(.*)/.exec(await readFile(join(folder, "app", ".env"), "utf8"))?.[1] ?? "",
    apply: async (...objects) =>
      server.kubectl(["apply", "--server-side", "--field-manager=test", "--filename", "-"], {
        stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
      }),
    accountObjects: () => [
      object("VendorAccount", accounts.values, { adapter: "random", random: {}, allow }, {}),
      object("VendorAccount", accounts.files, { adapter: "file", file: { root: folder }, allow }, {}),
    ],
    credential: (name, more = {}) =>
      object("Credential", name, {
        credentialName: "API_TOKEN",
        environment: "test",
        issuer: { account: accounts.values, random: { bytes: 32, encoding: "base64url" } },
        custody: { account: accounts.files, file: { path: `custody/${name}.json`, format: "json" } },
        readFrom: "app",
        consumers: [
          {
            id: "app",
            account: accounts.files,
            file: { path: "app/.env", format: "dotenv" },
            keys: [{ field: "value", name: "API_TOKEN" }],
            check: { type: "native" },
          },
        ],
        rotation: { overlap: "0s" },
        gates: { mint: "Automatic", revoke: "Automatic" },
        ...more,
      }),
    request: (name, more = {}) =>
      object("RotationRequest", name, {
        credentialRef: { name: "api-token" },
        flow: "Operational",
        reason: "a test",
        requestedBy: "admin",
        ...more,
      }),
    decision: (name, spec) => object("RotationDecision", name, { reason: "a test", decidedBy: "admin", ...spec }),
    read: async (kind, name) => {
      const { code, stdout, stderr } = await server.kubectl(["get", kind, name, "-n", namespace, "-o", "json"]);
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await server.kubectl(["delete", "vendoraccount", accounts.values, accounts.files, "--ignore-not-found"]);
      await ledger.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function firstSync({ db }: FreshLedger): Promise<boolean> {
  return (await readSource(db, "kubernetes"))?.baseline === true;
}

interface Around {
  readonly namespace: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly port: number;
}

function frame(ledger: FreshLedger, { namespace, folder, kubeconfig, port }: Around) {
  const environment = {
    DATABASE_URL: ledger.appUrl,
    VELVET_MIGRATION_DATABASE_URL: ledger.ownerUrl,
    VELVET_KEK: Buffer.alloc(32, 7).toString("base64"),
    VELVET_ENV: "test",
    VELVET_DATA_DIR: join(folder, "velvet"),
    VELVET_KUBERNETES_NAMESPACES: namespace,
    KUBECONFIG: kubeconfig,
    VELVET_HTTP_PORT: String(port),
    VELVET_HTTP_HOST: "127.0.0.1",
    PATH: process.env["PATH"],
  };
  return { config: readConfig(environment, { root: false, home: folder }), environment };
}

/** `Ready: False/Pending`, for each condition. */
export function conditionsOf({ status }: KubernetesObject): Readonly<Record<string, string>> {
  return Object.fromEntries((status.conditions ?? []).map((one) => [one.type, `${one.status}/${one.reason}`]));
}
