/**
 * `npm run bench:kubernetes`: a whole controller on a real API server of this machine. How soon a request shows its first condition, what a
 * rotation costs in status writes, and what ten thousand Credentials cost in memory and time; beside the API server's own rate of status
 * writes, measured in the same run.
 */
import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { openCluster } from "../controller/kubernetes/cluster.ts";
import type { ApiObject } from "../controller/kubernetes/object.ts";
import { pathOf } from "../controller/kubernetes/resource.ts";
import { ledgerOf, openPool } from "../controller/ledger/db.ts";
import { openEmbeddedLedger } from "../controller/ledger/embedded/open.ts";
import { migrate } from "../controller/ledger/migrate.ts";
import { resourceOf } from "../controller/sources/kubernetes/resources.ts";
import { readSource } from "../controller/sources/state.ts";
import { startApiServer } from "../test/kubernetes/environment/server.ts";

const CREDENTIALS = Number(process.env["CREDENTIALS"] ?? 10_000);
const REQUESTS = 500;
const ROTATIONS = 20;
const NAMESPACE = "bench";
const API = "velvet.raxx.app/v1alpha1";
/** As the chart starts it. */
const HEAP = ["--max-old-space-size=256", "--max-semi-space-size=8"];
const never = new AbortController().signal;

const folder = await mkdtemp(join(tmpdir(), "velvet-bench-kubernetes-"));
await using server = await startApiServer();
const crds = join(import.meta.dirname, "../crds");
const files = ["credentials", "rotationrequests", "rotationdecisions", "vendoraccounts"].flatMap((name) => [
  "-f",
  join(crds, `${name}.yaml`),
]);
await kubectl("apply", "--server-side", ...files);
await kubectl("wait", "--for=condition=Established", ...files);
await kubectl("create", "namespace", NAMESPACE);
await using client = await openCluster({ kubeconfig: server.adminKubeconfig, env: {} });
const ledger = await openEmbeddedLedger({
  dataDir: join(folder, "ledger"),
  cacheDir: join(tmpdir(), "velvet-bench-cache"),
  durable: true,
  log: () => undefined,
});
await migrate({ migrationUrl: ledger.migrationUrl.reveal(), appRole: "velvet_app", auditorRoles: [] });
const pool = openPool({ connectionString: ledger.appUrl.reveal(), max: 4, applicationName: "bench" }, () => undefined);
const db = ledgerOf(pool);
await mkdir(join(folder, "app"));

let controller = await start();
await firstSync();
await objects();
await latency();
await writesOfRotations();
await end(controller);
await many();
await pool.end();
await ledger.stop();
await rm(folder, { recursive: true, force: true });

async function kubectl(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await server.kubectl(args);
  if (code !== 0) throw new Error(stderr);
}

async function start(): Promise<ChildProcess> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    DATABASE_URL: ledger.appUrl.reveal(),
    VELVET_MIGRATION_DATABASE_URL: ledger.migrationUrl.reveal(),
    VELVET_KEK: Buffer.alloc(32, 7).toString("base64"),
    VELVET_ENV: "test",
    VELVET_DATA_DIR: join(folder, "velvet"),
    VELVET_KUBERNETES_NAMESPACES: "*",
    KUBECONFIG: server.adminKubeconfig,
  };
  const stdio: StdioOptions = ["ignore", "inherit", "inherit", "ipc"];
  return fork(new URL("./memory.child.ts", import.meta.url), { env, execArgv: HEAP, stdio });
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.disconnect();
  await gone;
}

async function rss(child: ChildProcess): Promise<{ maxRssKiB: number; rssKiB: number }> {
  const answered = once(child, "message");
  child.send("");
  const [said] = (await answered) as [{ maxRssKiB: number; rssKiB: number }];
  return said;
}

async function firstSync(since = new Date(0)): Promise<void> {
  for (;;) {
    const row = await readSource(db, "kubernetes");
    if (row?.syncedAt && row.syncedAt > since) return;
    await after(20);
  }
}

async function create(kind: Parameters<typeof resourceOf>[0], name: string, spec: object): Promise<void> {
  const resource = resourceOf(kind);
  const place = resource.namespaced ? { namespace: NAMESPACE } : {};
  const body = { apiVersion: API, kind, metadata: { name, ...place }, spec };
  await client.send({ method: "POST", path: pathOf(resource, place), body }, never);
}

function credential(name: string): object {
  return {
    credentialName: "API_TOKEN",
    environment: "test",
    issuer: { account: "values", random: { bytes: 32, encoding: "base64url" } },
    custody: { account: "files", file: { path: `custody/${name}.json`, format: "json" } },
    readFrom: "app",
    consumers: [
      {
        id: "app",
        account: "files",
        file: { path: `app/${name}.env`, format: "dotenv" },
        keys: [{ field: "value", name: "API_TOKEN" }],
        check: { type: "native" },
      },
    ],
    rotation: { overlap: "0s" },
    gates: { mint: "Automatic", revoke: "Automatic" },
  };
}

function request(of: string): object {
  return { credentialRef: { name: of }, flow: "Operational", reason: "a measurement", requestedBy: "admin" };
}

async function objects(): Promise<void> {
  const allow = [{ namespaces: [NAMESPACE] }];
  await create("VendorAccount", "values", { adapter: "random", random: {}, allow });
  await create("VendorAccount", "files", { adapter: "file", file: { root: folder }, allow });
  for (let at = 0; at < ROTATIONS; at += 1) {
    await writeFile(join(folder, "app", `c${at}.env`), "API_TOKEN=old-shared-token-with-32-characters\n", {
      mode: 0o600,
    });
    await create("Credential", `c${at}`, credential(`c${at}`));
  }
}

/** Calls `on` for each change of a kind until the signal. */
async function watch(
  kind: Parameters<typeof resourceOf>[0],
  signal: AbortSignal,
  on: (object: ApiObject) => void,
): Promise<void> {
  const path = pathOf(resourceOf(kind), { namespace: NAMESPACE });
  const list = await client.send<{ metadata: { resourceVersion: string } }>({ method: "GET", path }, never);
  const query = { resourceVersion: list.metadata.resourceVersion, timeoutSeconds: "600" };
  void (async () => {
    try {
      for await (const event of client.watch({ method: "GET", path, query }, signal)) {
        if (event.type === "ADDED" || event.type === "MODIFIED") on(event.object);
      }
    } catch (error) {
      // Where the bench itself has failed, that is what is to be read.
      if (!signal.aborted) console.error(error instanceof Error ? error.message : error);
    }
  })();
}

function conditionsOf({ status }: ApiObject): readonly { type: string; status: string }[] {
  return (status as { conditions?: [] } | undefined)?.conditions ?? [];
}

async function latency(): Promise<void> {
  const made = new Map<string, number>();
  const took: number[] = [];
  const stop = new AbortController();
  const all = Promise.withResolvers<void>();
  await watch("RotationRequest", stop.signal, (object) => {
    const at = made.get(object.metadata.name);
    if (at === undefined || conditionsOf(object).length === 0) return;
    made.delete(object.metadata.name);
    took.push(performance.now() - at);
    if (took.length === REQUESTS) all.resolve();
  });
  for (let at = 0; at < REQUESTS; at += 1) {
    made.set(`asked-${at}`, performance.now());
    await create("RotationRequest", `asked-${at}`, request("nobody"));
    await after(5 + Math.random() * 20);
  }
  await all.promise;
  stop.abort();
  took.sort((a, b) => a - b);
  const at = (share: number): string =>
    `${took[Math.min(took.length - 1, Math.floor(share * took.length))]?.toFixed(0)} ms`;
  console.log(
    `From created to first condition, ${REQUESTS} requests: median ${at(0.5)}, 99th percentile ${at(0.99)}, most ${at(1)}`,
  );
}

async function writesOfRotations(): Promise<void> {
  let requests = 0;
  let credentials = 0;
  let done = 0;
  const stop = new AbortController();
  const all = Promise.withResolvers<void>();
  await watch("RotationRequest", stop.signal, (object) => {
    if (!object.metadata.name.startsWith("rotate-")) return;
    if (conditionsOf(object).length > 0) requests += 1;
    if (conditionsOf(object).some(({ type, status }) => type === "Ready" && status === "True")) done += 1;
    if (done === ROTATIONS) all.resolve();
  });
  await watch("Credential", stop.signal, () => (credentials += 1));
  for (let at = 0; at < ROTATIONS; at += 1) await create("RotationRequest", `rotate-${at}`, request(`c${at}`));
  await all.promise;
  await after(1_000);
  stop.abort();
  console.log(
    `Status writes of a rotation, ${ROTATIONS} at once: ${(requests / ROTATIONS).toFixed(1)} of its request, ${(credentials / ROTATIONS).toFixed(1)} of its Credential`,
  );
}

async function many(): Promise<void> {
  await pooled(CREDENTIALS, async (at) => create("Credential", `many-${at}`, credential(`many-${at}`)));
  const begun = performance.now();
  const since = new Date();
  controller = await start();
  await firstSync(since);
  const synced = performance.now();
  const shown = await allShown();
  const busy = await rss(controller);
  await end(controller);
  console.log(
    `${CREDENTIALS} Credentials, new to the ledger: in it ${seconds(synced - begun)} after the start, every status written after ${seconds(shown - begun)}, peak RSS ${mib(busy.maxRssKiB)}`,
  );
  const again = performance.now();
  const restarted = new Date();
  controller = await start();
  await firstSync(restarted);
  const back = performance.now();
  await after(5_000);
  const rest = await rss(controller);
  await end(controller);
  console.log(
    `Started again: synced after ${seconds(back - again)}, peak RSS ${mib(rest.maxRssKiB)}, at rest ${mib(rest.rssKiB)}`,
  );
  await ceiling();
}

/** Until each of them has a condition. */
async function allShown(): Promise<number> {
  const path = pathOf(resourceOf("Credential"), { namespace: NAMESPACE });
  for (;;) {
    const query = { fieldSelector: "metadata.name=many-0" };
    await client.send({ method: "GET", path, query }, never);
    const [row] = await db.query<{ due: number }>({
      name: "due",
      text: "select count(*)::int as due from velvet.outbox where delivered < version",
    });
    if (row?.due === 0) return performance.now();
    await after(100);
  }
}

async function ceiling(): Promise<void> {
  const resource = resourceOf("Credential");
  const count = 2_000;
  const begun = performance.now();
  await pooled(count, async (at) => {
    const name = `many-${at}`;
    const path = pathOf(resource, { namespace: NAMESPACE, name, subresource: "status" });
    const status = { observedGeneration: 1, currentId: `measured-${at}` };
    const body = { apiVersion: API, kind: "Credential", metadata: { name, namespace: NAMESPACE }, status };
    await client.send(
      {
        method: "PATCH",
        path,
        query: { fieldManager: "bench", force: "true" },
        body,
        contentType: "application/apply-patch+yaml",
      },
      never,
    );
  });
  console.log(
    `The API server itself: ${((count / (performance.now() - begun)) * 1_000).toFixed(0)} status writes a second, 16 at once`,
  );
}

async function pooled(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < count) {
        const at = next;
        next += 1;
        await work(at);
      }
    }),
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function mib(kib: number): string {
  return `${(kib / 1_024).toFixed(0)} MiB`;
}
