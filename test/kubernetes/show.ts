/**
 * `npm run show:kubernetes`: what a user sees, on a real API server of this machine: the chart applied, a rotation asked for, watched, approved
 * and awaited with kubectl. Each command is printed with what it answered. The controller runs beside it, with the chart's ServiceAccount.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { openEmbeddedLedger } from "../../controller/ledger/embedded/open.ts";
import { CHART, MINIMAL } from "./chart.ts";
import { freePort } from "./environment/ports.ts";
import { startApiServer } from "./environment/server.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const VELVET = join(ROOT, "controller/cli/velvet.ts");
const WAIT_MS = 60_000;

const folder = await mkdtemp(join(tmpdir(), "velvet-show-"));
await using server = await startApiServer();
const ledger = await openEmbeddedLedger({
  dataDir: join(folder, "ledger"),
  cacheDir: join(tmpdir(), "velvet-bench-cache"),
  durable: true,
  log: () => undefined,
});
const plugin = join(folder, "kubectl-velvet");
await writeFile(plugin, `#!/bin/sh\nexec "${process.execPath}" "${ROOT}controller/cli/kubectl-velvet.ts" "$@"\n`);
await chmod(plugin, 0o755);
const path = [
  folder,
  dirname(server.place.binaries.kubectl),
  dirname(server.place.binaries.helm),
  process.env["PATH"],
].join(delimiter);
let kubeconfig = server.adminKubeconfig;

await shell(
  `helm install velvet charts/velvet --namespace velvet --create-namespace --values ${MINIMAL.replace(ROOT, "")}`,
);
await shell("kubectl wait --for=condition=Established crd --all --timeout=30s");
const controller = spawn(process.execPath, [VELVET, "controller"], { env: await chartEnvironment(), stdio: "inherit" });
await shell("kubectl create namespace orders");
await writeFile(join(folder, "app.env"), "API_TOKEN=old-shared-token-with-32-characters\n", { mode: 0o600 });
await writeFile(join(folder, "platform.yaml"), accounts());
await writeFile(join(folder, "api-token.yaml"), credential());
await shell("kubectl apply --server-side -f platform.yaml -f api-token.yaml");
await shell("kubectl create rolebinding ada --clusterrole=velvet-requester --user=ada -n orders");
await shell("kubectl create rolebinding grace --clusterrole=velvet-approver --user=grace -n orders");
await until("kubectl get credentials -n orders -o yaml", "NotRotatedYet");
await shell("kubectl get credentials,vendoraccounts -n orders -o wide");
await shell("kubectl explain credential.spec.consumers --recursive=false");
kubeconfig = await server.userKubeconfig("ada");
await shell(
  "kubectl velvet request rotate api-token -n orders --name 2026-11-api-token --reason 'the quarter' --apply",
);
await until("kubectl get rr 2026-11-api-token -n orders -o jsonpath={.status.gate.name}", "Revoke");
await shell("kubectl get credentials,rotationrequests -n orders -o wide");
await shell("kubectl describe rr 2026-11-api-token -n orders");
await shell(
  "kubectl velvet approve 2026-11-api-token -n orders --gate Revoke --confirm API_TOKEN --ticket SEC-7 --reason seen",
);
kubeconfig = await server.userKubeconfig("grace");
await shell(
  "kubectl velvet approve 2026-11-api-token -n orders --gate Revoke --confirm API_TOKEN --ticket SEC-7 --reason seen",
);
kubeconfig = server.adminKubeconfig;
await shell("kubectl wait rr/2026-11-api-token -n orders --for=condition=Ready --timeout=60s");
await shell("kubectl velvet wait 2026-11-api-token -n orders");
await shell("kubectl get credentials,rotationrequests,rotationdecisions -n orders -o wide");
await shell("kubectl get events -n orders --sort-by=.metadata.creationTimestamp");
controller.kill("SIGTERM");
await once(controller, "exit");
await ledger.stop();
await rm(folder, { recursive: true, force: true });

/** Asks again in silence until that stands in the answer, then goes on. */
async function until(line: string, has: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await run(line)).text.includes(has)) {
    if (performance.now() > deadline) throw new Error(`${line}: it never said ${has}`);
    await after(100);
  }
}

/** Prints a command and what it answered. */
async function shell(line: string): Promise<void> {
  console.log(`\n$ ${line}`);
  const { code, text } = await run(line);
  console.log(text.trimEnd());
  if (code !== 0) console.log(`(exit ${code})`);
}

async function run(line: string): Promise<{ readonly code: number; readonly text: string }> {
  const cwd = line.startsWith("helm") ? ROOT : folder;
  const child = spawn("sh", ["-c", line], { cwd, env: { PATH: path, HOME: folder, KUBECONFIG: kubeconfig } });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, text };
}

/** What the chart's Deployment sets, with the volumes in a folder, and the token of its ServiceAccount. */
async function chartEnvironment(): Promise<Record<string, string>> {
  const { stdout } = await server.helm(["template", "velvet", CHART, "--namespace=velvet", `--values=${MINIMAL}`]);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as { kind?: string; spec?: unknown });
  const deployment = objects.find((object) => object?.kind === "Deployment");
  if (deployment === undefined) throw new Error("the chart has no Deployment");
  const { containers } = (deployment.spec as Deployment).template.spec;
  const plain = containers[0].env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
  return {
    ...Object.fromEntries(plain),
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    DATABASE_URL: ledger.appUrl.reveal(),
    VELVET_MIGRATION_DATABASE_URL: ledger.migrationUrl.reveal(),
    VELVET_KEK: Buffer.alloc(32, 7).toString("base64"),
    VELVET_KEK_FILE: "",
    VELVET_DATA_DIR: join(folder, "velvet"),
    VELVET_CACHE_DIR: join(folder, "cache"),
    VELVET_HTTP_PORT: String(await freePort()),
    VELVET_HTTP_HOST: "127.0.0.1",
    VELVET_LOG_LEVEL: "warn",
    KUBECONFIG: await server.serviceAccountKubeconfig("velvet", "velvet"),
  };
}

interface Deployment {
  readonly template: {
    readonly spec: { readonly containers: readonly [{ readonly env: readonly { name: string; value?: string }[] }] };
  };
}

function accounts(): string {
  const head = (name: string) =>
    `apiVersion: velvet.raxx.app/v1alpha1\nkind: VendorAccount\nmetadata: { name: ${name} }\nspec:\n`;
  const allow = "  allow: [{ namespaces: [orders] }]\n";
  return [
    `${head("values")}  adapter: random\n  random: {}\n${allow}`,
    `${head("files")}  adapter: file\n  file: { root: ${folder} }\n${allow}`,
  ].join("---\n");
}

function credential(): string {
  return `apiVersion: velvet.raxx.app/v1alpha1
kind: Credential
metadata: { name: api-token, namespace: orders }
spec:
  credentialName: API_TOKEN
  environment: production
  issuer: { account: values, random: { bytes: 32, encoding: base64url } }
  custody: { account: files, file: { path: custody.json, format: json } }
  readFrom: app
  consumers:
    - id: app
      account: files
      file: { path: app.env, format: dotenv }
      keys: [{ field: value, name: API_TOKEN }]
      check: { type: native }
  gates: { mint: Automatic, revoke: Approval }
`;
}
