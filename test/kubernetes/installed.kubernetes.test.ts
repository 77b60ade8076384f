/** The controller as the chart's Deployment runs it: its environment, its ServiceAccount, its rights, a real ledger. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig } from "../../controller/config.ts";
import type { Ready } from "../../controller/http/readiness.ts";
import { openLog } from "../../controller/log.ts";
import { runController } from "../../controller/main.ts";
import { type FreshLedger, freshLedger } from "../support/postgres.ts";
import { eventually, install, MINIMAL, render } from "./chart.ts";
import { freePort } from "./environment/ports.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";

let server: ApiServer;
let ledger: FreshLedger;
let folder: string;

describeKubernetes("the installed controller", () => {
  beforeAll(async () => {
    [server, ledger, folder] = await Promise.all([
      startApiServer(),
      freshLedger(),
      mkdtemp(join(tmpdir(), "velvet-installed-")),
    ]);
    await install(server);
  }, 180_000);
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await ledger?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Variable {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }
  interface DeploymentSpec {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly env: readonly Variable[] }] } };
  }

  /** What the container gets, with the volumes in a folder of this test and a port that is free here. */
  async function environment(): Promise<Record<string, string>> {
    const deployment = (await render(server, `--values=${MINIMAL}`)).find(({ kind }) => kind === "Deployment");
    if (deployment === undefined) throw new Error("the chart has no Deployment");
    const { env } = (deployment.spec as DeploymentSpec).template.spec.containers[0]; // the chart's tests hold it to the API's schema
    await writeFile(join(folder, "kek"), randomBytes(32).toString("base64"));
    const port = String(await freePort());
    const secrets: Readonly<Record<string, string>> = { "velvet-ledger/DATABASE_URL": ledger.appUrl };
    const moved: Readonly<Record<string, string>> = {
      VELVET_KEK_FILE: join(folder, "kek"),
      VELVET_HTTP_PORT: port,
      VELVET_HTTP_HOST: "127.0.0.1",
      VELVET_DATA_DIR: folder,
      VELVET_CACHE_DIR: folder,
    };
    const given = env.map(({ name, value, valueFrom }) => {
      const secret = valueFrom && secrets[`${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`];
      return [name, moved[name] ?? value ?? secret ?? ""] as const;
    });
    // As the pod, which has its token in a file: this one has it in a kubeconfig.
    return { ...Object.fromEntries(given), KUBECONFIG: await server.serviceAccountKubeconfig("velvet", "velvet") };
  }

  /** With the rights of the chart alone: the objects are read, their statuses and Events written. */
  async function rotateOnce(): Promise<void> {
    const api = "velvet.raxx.app/v1alpha1";
    const allow = [{ namespaces: ["team"] }];
    const file = (path: string, format: string) => ({ account: "files", file: { path, format } });
    await writeFile(join(folder, "app.env"), "API_TOKEN=old-shared-token-with-32-characters\n", { mode: 0o600 });
    const metadata = { name: "api-token", namespace: "team" };
    const account = (name: string, spec: object) => ({
      apiVersion: api,
      kind: "VendorAccount",
      metadata: { name },
      spec,
    });
    const consumer = {
      id: "app",
      ...file("app.env", "dotenv"),
      keys: [{ field: "value", name: "API_TOKEN" }],
      check: { type: "native" },
    };
    const credential = {
      credentialName: "API_TOKEN",
      environment: "production",
      issuer: { account: "values", random: { bytes: 32, encoding: "base64url" } },
      custody: file("custody.json", "json"),
      readFrom: "app",
      consumers: [consumer],
      rotation: { overlap: "0s" },
      gates: { mint: "Automatic", revoke: "Automatic" },
    };
    const request = {
      credentialRef: { name: "api-token" },
      flow: "Operational",
      reason: "a test",
      requestedBy: "admin",
    };
    await server.kubectl(["create", "namespace", "team"]);
    const items = [
      account("values", { adapter: "random", random: {}, allow }),
      account("files", { adapter: "file", file: { root: folder }, allow }),
      { apiVersion: api, kind: "Credential", metadata, spec: credential },
      { apiVersion: api, kind: "RotationRequest", metadata: { ...metadata, name: "first" }, spec: request },
    ];
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const applied = await server.kubectl(["apply", "--server-side", "-f", "-"], { stdin });
    expect(applied.stderr).not.toContain("Error");
    const wait = ["wait", "rr/first", "-n", "team", "--for=condition=Ready", "--timeout=30s"];
    const waited = await server.kubectl(wait);
    expect(waited.code, waited.stderr).toBe(0);
    await eventually("told in an Event", async () => {
      const { stdout } = await server.kubectl(["get", "events", "-n", "team", "-o", "name"]);
      return stdout.includes("first.");
    });
  }

  it("becomes ready with the chart's environment and rights, says so, and stops when it is told to", async () => {
    const env = await environment();
    const stop = new AbortController();
    const lines: string[] = [];
    const log = openLog({ level: "debug", stream: { write: (text: string) => void lines.push(text), isTTY: false } });
    const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
    const config = readConfig(env, { root: false, home: folder });
    const running = runController({
      config,
      environment: env,
      log,
      clock,
      random: randomBytes,
      stop: stop.signal,
      version: "0.1.0",
    });
    const ask = async (path: string) => fetch(`http://127.0.0.1:${env["VELVET_HTTP_PORT"]}${path}`);
    try {
      await eventually("ready", async () =>
        Promise.race([
          ask("/readyz").then(
            ({ ok }) => ok,
            () => false,
          ),
          running.then(() => false),
        ]),
      );
      const { checks } = (await (await ask("/readyz")).json()) as Ready;
      expect(checks).toMatchObject({ start: "ok", stop: "ok", ledger: "ok", "source:kubernetes": "ok" });
      expect(lines.join("")).toContain("admission policies are in force");
      await rotateOnce();
      expect(await (await ask("/flags")).json()).toMatchObject({
        version: "0.1.0",
        rotation: "on",
        environment: "production",
      });
      expect((await ask("/healthz")).status).toBe(200);
    } finally {
      stop.abort();
      await running;
    }
    expect(lines.join("")).not.toMatch(/forbidden|cannot (get|list|watch|patch|create) resource/i);
  }, 60_000);
});
