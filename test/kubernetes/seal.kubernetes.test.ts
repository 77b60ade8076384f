/** The public sealing key on a real API server: published with the chart's rights alone, read by whoever may talk to it, sealed to by the plugin. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { openBox } from "../../controller/custody/box.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { openCluster } from "../../controller/kubernetes/cluster.ts";
import { ensureInstall } from "../../controller/ledger/install.ts";
import { openLog } from "../../controller/log.ts";
import { publishSealingKey } from "../../controller/projections/kubernetes/sealing-key.ts";
import { keepKeyPublished } from "../../controller/publication.ts";
import { type FreshLedger, freshLedger } from "../support/postgres.ts";
import { CHART, eventually, install, MINIMAL, must } from "./chart.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";

const ENTRY = fileURLToPath(new URL("../../controller/cli/velvet.ts", import.meta.url));
const KEY = "velvet-sealing-key";
const never = new AbortController().signal;
const [first, second] = [randomBytes(32), randomBytes(32)].map((bytes) => Secret.from(bytes.toString("base64")));

let server: ApiServer;
let ledger: FreshLedger;
let folder: string;
let ana: string;
/** Where the Credential is. */
let team: string;

describeKubernetes("the public sealing key on a cluster", () => {
  beforeAll(async () => {
    [server, ledger, folder] = await Promise.all([
      startApiServer(),
      freshLedger(),
      mkdtemp(join(tmpdir(), "velvet-seal-")),
    ]);
    await install(server);
    ana = await server.userKubeconfig("ana");
    team = await server.createNamespace("team-seal");
  }, 180_000);
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await ledger?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  function ring(...previous: Secret[]) {
    const current = previous.length === 0 ? first : second;
    if (!current) throw new Error("no key");
    return keyRing(current, previous);
  }

  async function asController() {
    const KUBECONFIG = await server.serviceAccountKubeconfig("velvet", "velvet");
    const client = await openCluster({ env: { KUBECONFIG }, context: undefined });
    return { client, db: ledger.db };
  }

  async function stored(): Promise<{ readonly version: string; readonly key: string }> {
    const text = must(await server.kubectl(["get", "configmap", KEY, "-n", "velvet", "-o", "json"]));
    const found = JSON.parse(text) as { metadata: { resourceVersion: string }; data?: { key?: string } };
    return { version: found.metadata.resourceVersion, key: found.data?.key ?? "" };
  }

  it("is written with the chart's rights, only where it differs, and again when the key was changed or somebody wrote over it", async () => {
    await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, ring());
    const { client, db } = await asController();
    await using _ = client;
    expect((await stored()).key).toBe("");
    expect(await publishSealingKey({ client, db }, never)).toBe("written");
    const one = await stored();
    expect(one.key).toMatch(/^eu-1\/k1:[A-Za-z0-9+/]{43}=$/);
    expect(await publishSealingKey({ client, db }, never)).toBe("unchanged");
    expect((await stored()).version).toBe(one.version);

    must(
      await server.kubectl([
        "patch",
        "configmap",
        KEY,
        "-n",
        "velvet",
        "--type=merge",
        "-p",
        '{"data":{"key":"eu-1/k9:else"}}',
      ]),
    );
    expect(await publishSealingKey({ client, db }, never)).toBe("written");
    expect((await stored()).key).toBe(one.key);

    if (!first) throw new Error("no key");
    await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, ring(first));
    expect(await publishSealingKey({ client, db }, never)).toBe("written");
    expect((await stored()).key).toMatch(/^eu-1\/k2:/);
    // An upgrade of the chart does not empty it.
    const upgrade = ["upgrade", "velvet", CHART, "--namespace=velvet", `--values=${MINIMAL}`, "--set=logLevel=debug"];
    must(await server.helm(upgrade));
    expect((await stored()).key).toMatch(/^eu-1\/k2:/);
  });

  it("may be read by anybody who is authenticated, exactly this one, and changed by nobody else", async () => {
    const as = async (...args: string[]) => server.kubectl([...args, "-n", "velvet", `--kubeconfig=${ana}`]);
    expect(await as("get", "configmap", KEY)).toMatchObject({ code: 0 });
    for (const args of [
      ["get", "configmaps"],
      ["get", "configmap", "kube-root-ca.crt"],
      ["patch", "configmap", KEY, "--type=merge", "-p", '{"data":{"key":"x"}}'],
      ["delete", "configmap", KEY],
    ]) {
      expect(await as(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining("forbidden") });
    }
  });

  it("is what the command seals to, without a ledger; only the controller opens it, and only for this Credential", async () => {
    await applyCredential();
    const text = `canary-${randomBytes(12).toString("hex")}`;
    const sealed = await velvet(["--context", "test", "seal", "api-token", "-n", team], text);
    expect(sealed).toMatchObject({ code: 0, err: "" });
    const box = sealed.out.trim();
    expect(box).toMatch(/^v1:k2:/);
    if (!first) throw new Error("no key");
    const scope = { install: "eu-1", namespace: team, credential: "api-token" };
    expect(openBox(ring(first), scope, box)["value"]?.reveal()).toBe(text);
    expect(() => openBox(ring(first), { ...scope, credential: "other" }, box)).toThrow("does not open");
    expect(JSON.stringify(sealed)).not.toContain(text);

    const nowhere = await velvet(["--cluster", "seal", `${team}/api-token`, "--controller-namespace", team], text);
    expect(nowhere).toMatchObject({ code: 1, out: "" });
    expect(nowhere.err).toContain("--controller-namespace");
    const unknown = await velvet(["--cluster", "seal", `${team}/none`], text);
    expect(unknown).toMatchObject({ code: 1, out: "" });
    expect(unknown.err).toContain(`The cluster has no Credential ${team}/none.`);
  });

  it("seals what a person hands in for a request, and creates the decision with nothing but the box", async () => {
    const spec = { credentialRef: { name: "api-token" }, flow: "Operational", reason: "due", requestedBy: "ana" };
    await create("RotationRequest", "rotate-1", spec);
    const text = `canary-${randomBytes(12).toString("hex")}`;
    const order = [
      "--cluster",
      "provide",
      `${team}/rotate-1`,
      "--reason",
      "made",
      "--name",
      "handed-in",
      "--timeout",
      "0s",
    ];
    const dry = await velvet([...order, "--dry-run", "server"], text);
    expect(dry.err).toContain("server dry run");
    const made = await velvet(order, text);
    expect(made).toMatchObject({ code: 0 });
    const found = must(await server.kubectl(["get", "rotationdecision", "handed-in", "-n", team, "-o", "json"]));
    const decision = JSON.parse(found) as { spec: Record<string, string> };
    expect(decision.spec).toMatchObject({ action: "ProvideValue", decidedBy: "ana" });
    if (!first) throw new Error("no key");
    const scope = { install: "eu-1", namespace: team, credential: "api-token" };
    expect(openBox(ring(first), scope, decision.spec["sealedValue"] ?? "")["value"]?.reveal()).toBe(text);
    expect(found + JSON.stringify([dry, made])).not.toContain(text);
  });

  it("is not published where that was not asked for, which the controller says once and goes on", async () => {
    must(
      await server.helm([
        "upgrade",
        "velvet",
        CHART,
        "--namespace=velvet",
        `--values=${MINIMAL}`,
        "--set=sealingKey.publish=false",
      ]),
    );
    await eventually("the ConfigMap is gone", async () => {
      return (await server.kubectl(["get", "configmap", KEY, "-n", "velvet"])).code !== 0;
    });
    const { client, db } = await asController();
    await using _ = client;
    const lines: string[] = [];
    const stopping = new AbortController();
    const log = openLog({ level: "info", stream: { write: (line: string) => lines.push(line), isTTY: false } });
    const kept = keepKeyPublished({ db, client, log, stop: stopping.signal });
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 30_000, interval: 50 });
    stopping.abort();
    await kept;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("the controller may not write it");
  });

  async function applyCredential(): Promise<void> {
    const file = (path: string) => ({ account: "files", file: { path, format: "dotenv" } });
    await create("Credential", "api-token", {
      credentialName: "API_TOKEN",
      environment: "test",
      issuer: { account: "values", random: {} },
      readFrom: "app",
      consumers: [{ id: "app", ...file("a.env"), keys: [{ field: "value", name: "T" }] }],
    });
    const rights =
      "--resource=credentials.velvet.raxx.app,rotationrequests.velvet.raxx.app,rotationdecisions.velvet.raxx.app";
    must(await server.kubectl(["create", "role", "team", "--verb=get,list,watch,create,decide", rights, "-n", team]));
    must(await server.kubectl(["create", "rolebinding", "team", "--role=team", "--user=ana", "-n", team]));
  }

  async function create(kind: string, name: string, spec: object): Promise<void> {
    const object = { apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata: { name, namespace: team }, spec };
    const args = kind === "RotationRequest" ? [`--kubeconfig=${ana}`] : [];
    must(await server.kubectl(["create", "-f", "-", ...args], { stdin: JSON.stringify(object) }));
  }

  async function velvet(args: readonly string[], stdin: string) {
    const kubectl = dirname(server.place.binaries.kubectl);
    const env = { PATH: [kubectl, process.env["PATH"] ?? ""].join(delimiter), HOME: folder, KUBECONFIG: ana };
    await writeFile(join(folder, "value"), stdin, { mode: 0o600 });
    return new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const order = [ENTRY, ...args, "--file", join(folder, "value")];
      execFile(process.execPath, order, { env }, (error, out, err) => {
        resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, out, err });
      });
    });
  }
});
