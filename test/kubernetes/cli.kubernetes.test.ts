/** Commands on a real cluster, by real kubectl with the plugin on its PATH. The test stands in for the controller: it writes the statuses. */
import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wrongShape } from "../../controller/cli/shapes.fixture.ts";
import { COMPILED } from "../support/compiled.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const AT = "2026-11-21T09:30:00Z";
const DIGEST = "sha256:0f3c8d1a7b210d4e2f6a8a3b4b7e9d55";
const WHOLE = ["--confirm", "ORDERS_DB", "--ticket", "OPS-1", "--reason", "ok"] as const;

let server: ApiServer;
let folder: string;
let ana: string;
let nobody: string;

beforeAll(async () => {
  [server, folder] = await Promise.all([startApiServer(), mkdtemp(join(tmpdir(), "velvet-plugin-"))]);
  const plugin = join(folder, "kubectl-velvet");
  await writeFile(plugin, `#!/bin/sh\nexec "${process.execPath}" "${ROOT}controller/cli/kubectl-velvet.ts" "$@"\n`);
  await chmod(plugin, 0o755);
  const crds = ["credentials", "rotationrequests", "rotationdecisions", "vendoraccounts"];
  await must("apply", "--server-side", ...crds.flatMap((kind) => ["-f", join(ROOT, "crds", `${kind}.yaml`)]));
  await must("wait", "crd", "--all", "--for=condition=Established");
  await must("create", "clusterrole", "team", "--verb=get,list,watch,create", "--resource=rotationrequests.velvet.raxx.app,rotationdecisions.velvet.raxx.app,credentials.velvet.raxx.app"); // prettier-ignore
  [ana, nobody] = await Promise.all([server.userKubeconfig("ana"), server.userKubeconfig("nobody")]);
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await server[Symbol.asyncDispose]();
});

async function must(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await server.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

function environment(kubeconfig: string): Record<string, string> {
  const kubectl = dirname(server.place.binaries.kubectl);
  const path = [folder, kubectl, process.env["PATH"] ?? ""].join(delimiter);
  return { PATH: path, HOME: folder, KUBECONFIG: kubeconfig, ...COMPILED };
}

async function velvet(
  kubeconfig: string,
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile("kubectl", ["velvet", ...args], { env: environment(kubeconfig) }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, out, err });
    });
  });
}

/** A namespace with a Credential, where ana may ask and decide. */
async function team(): Promise<string> {
  const namespace = await server.createNamespace("team");
  await must("create", "rolebinding", "team", "--clusterrole=team", "--user=ana", `--namespace=${namespace}`);
  await apply(namespace, "Credential", "orders-db", {
    credentialName: "ORDERS_DB",
    environment: "test",
    issuer: { account: "orders", random: {} },
    readFrom: "app",
    consumers: [
      { id: "app", account: "orders", keys: [{ name: "K", field: "value" }], file: { path: "a", format: "dotenv" } },
    ],
  });
  return namespace;
}

async function apply(namespace: string, kind: string, name: string, spec: object): Promise<void> {
  const text = JSON.stringify({ apiVersion: "velvet.raxx.app/v1alpha1", kind, metadata: { namespace, name }, spec });
  const { code, stderr } = await server.kubectl(["create", "-f", "-"], { stdin: text });
  if (code !== 0) throw new Error(stderr);
}

async function request(namespace: string, name: string): Promise<void> {
  const spec = { credentialRef: { name: "orders-db" }, flow: "Operational", reason: "quarter", requestedBy: "ana" };
  await apply(namespace, "RotationRequest", name, spec);
}

async function show(namespace: string, kind: string, name: string, status: object): Promise<void> {
  await must("patch", kind, name, "-n", namespace, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status })); // prettier-ignore
}

function condition(type: string, status: string, reason: string, message = ""): object {
  return { type, status, reason, message, lastTransitionTime: AT };
}

const BEGUN = {
  observedGeneration: 1,
  jobID: "5f0c1a52-7a3e-4d0c-8f1b-1d2e3f405162",
  startedAt: AT,
  previousId: "orders@3",
  currentId: "orders@4",
  consumersReady: "1/1",
  consumers: [{ id: "app", state: "Working", message: "the login was accepted" }],
};

const AT_THE_GATE = {
  ...BEGUN,
  gate: { name: "Revoke", digest: DIGEST, openedAt: AT },
  conditions: [
    condition("Ready", "False", "Validated"),
    condition("Verified", "True", "LoginAccepted"),
    condition("RevokeApproved", "Unknown", "AwaitingApproval", `orders@3 will be revoked. Digest: ${DIGEST}`),
  ],
};

const DONE = {
  ...BEGUN,
  gate: null,
  completedAt: "2026-11-21T09:42:10Z",
  conditions: [condition("Ready", "True", "Done")],
};

/** Runs in the background; `says` resolves when stderr holds the text. */
function following(...args: readonly string[]) {
  const child = spawn("kubectl", ["velvet", ...args], { env: environment(ana) });
  let err = "";
  child.stderr.setEncoding("utf8");
  const says = async (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (err.includes(text)) resolve();
      };
      child.stderr.on("data", look);
      child.on("close", () => reject(new Error(`it ended, and never said ${text}: ${err}`)));
      look();
    });
  child.stderr.on("data", (text: string) => (err += text));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { says, ended, said: () => err };
}

describeKubernetes("a request", () => {
  it("is created by who the API server says that one is, with the next commands as kubectl calls them", async () => {
    const namespace = await team();
    const args = ["request", "rotate", "orders-db", "--reason", "quarter", "--name", "one", "--apply", "-n", namespace];
    expect(await velvet(ana, ...args, "--dry-run", "client")).toMatchObject({ code: 0 });
    expect(await velvet(ana, ...args, "--dry-run", "server")).toMatchObject({
      code: 0,
      err: expect.stringContaining("nothing is kept"),
    });
    expect((await velvet(ana, ...args, "-o", "yaml")).out).toContain("requestedBy: ana");
    expect((await must("get", "rotationrequests", "-n", namespace, "-o", "name")).trim()).toBe("");
    const created = await velvet(ana, ...args);
    expect(created).toMatchObject({ code: 0 });
    expect(created.err).toContain(`kubectl velvet wait ${namespace}/one`);
    expect(await must("get", "rotationrequest", "one", "-n", namespace, "-o", "jsonpath={.spec.requestedBy}")).toBe(
      "ana",
    );
    const again = await velvet(ana, ...args);
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringContaining(`There is a RotationRequest ${namespace}/one already.`),
    });
    const pending = await velvet(ana, "-n", namespace, "status");
    expect(pending.out).toMatch(/one +orders-db +Operational +Pending .*No controller has looked at it yet/);
  });

  it("is refused with who may grant it where it is forbidden", async () => {
    const namespace = await team();
    const { code, err } = await velvet(
      nobody,
      "request",
      "rotate",
      "orders-db",
      "--reason",
      "x",
      "--apply",
      "-n",
      namespace,
    );
    expect(code).toBe(1);
    expect(err).toContain("nobody may not create rotationrequests");
    expect(err).toContain("velvet-requester");
  });
});

describeKubernetes("decisions", () => {
  it("are created for what was shown, by who the API server says, and their answer is told", async () => {
    const namespace = await team();
    await request(namespace, "one");
    await show(namespace, "rotationrequest", "one", AT_THE_GATE);
    const approving = following("approve", `${namespace}/one`, ...WHOLE, "--name", "yes");
    await approving.says("created");
    const spec = JSON.parse(await must("get", "rotationdecision", "yes", "-n", namespace, "-o", "jsonpath={.spec}"));
    expect(spec).toMatchObject({
      action: "Approve",
      gate: "Revoke",
      digest: DIGEST,
      decidedBy: "ana",
      ticket: "OPS-1",
    });
    await show(namespace, "rotationdecision", "yes", {
      conditions: [condition("Ready", "True", "Accepted", "ana approved the Revoke gate.")],
    });
    expect(await approving.ended).toBe(0);
    expect(approving.said()).toContain("orders@3 will be revoked.");
    const denied = following("deny", `${namespace}/one`, "--reason", "no", "--name", "no");
    await denied.says("created");
    await show(namespace, "rotationdecision", "no", {
      conditions: [condition("Ready", "False", "AlreadyApproved", "The Revoke gate is already approved.")],
    });
    expect(await denied.ended).toBe(1);
    expect(denied.said()).toContain("Refused (AlreadyApproved)");
  });

  it("that would be refused by what is shown are not created", async () => {
    const namespace = await team();
    await request(namespace, "one");
    const approve = async (...args: string[]) => velvet(ana, "approve", "one", "-n", namespace, ...args);
    expect(await approve(...WHOLE)).toMatchObject({ code: 2, err: expect.stringContaining("No gate") });
    await show(namespace, "rotationrequest", "one", AT_THE_GATE);
    expect(await approve("--reason", "ok")).toMatchObject({ code: 2, err: expect.stringContaining("--confirm") });
    expect(await approve(...WHOLE, "--confirm", "OTHER")).toMatchObject({ code: 2 });
    expect(await approve(...WHOLE, "--digest", DIGEST.replace("0f", "00"))).toMatchObject({ code: 2 });
    const skip = await velvet(ana, "skip", "one", "ghost", "-n", namespace, "--ticket", "T", "--reason", "gone");
    expect(skip).toMatchObject({ code: 2, err: expect.stringContaining("ConsumerUnknown") });
    await show(namespace, "rotationrequest", "one", DONE);
    expect(await velvet(ana, "abort", "one", "-n", namespace, "--reason", "x")).toMatchObject({ code: 2 });
    expect((await must("get", "rotationdecisions", "-n", namespace, "-o", "name")).trim()).toBe("");
  });
});

describeKubernetes("looking", () => {
  it("shows what the status carries, in the documented shapes, with the commands to go on", async () => {
    const namespace = await team();
    await request(namespace, "one");
    await show(namespace, "rotationrequest", "one", AT_THE_GATE);
    const status = await velvet(ana, "status", "-n", namespace);
    expect(status.out).toMatch(/one +orders-db +Operational +Validated .*waits for a person: Revoke gate/);
    expect(wrongShape("status", (await velvet(ana, "status", "-n", namespace, "-o", "json")).out)).toEqual([]);
    expect((await velvet(server.adminKubeconfig, "status", "-A", "-o", "name")).out).toContain(`${namespace}/one\n`);
    const { out, err } = await velvet(ana, "describe", `${namespace}/one`);
    expect(err).toBe("");
    expect(out).toContain(`kubectl velvet approve ${namespace}/one --gate Revoke --digest ${DIGEST}`);
    expect(wrongShape("describe", (await velvet(ana, "describe", `${namespace}/one`, "-o", "json")).out)).toEqual([]);
    await show(namespace, "rotationrequest", "one", DONE);
    const history = await velvet(ana, "history", "-n", namespace, "-o", "json");
    expect(wrongShape("history", history.out)).toEqual([]);
    expect(JSON.parse(history.out).rotations).toMatchObject([{ name: "one", result: "Done", durationMs: 730_000 }]);
  });

  it("says what cannot be done on a cluster, where the cluster is not, and which context is not there", async () => {
    expect(await velvet(ana, "migrate")).toMatchObject({ code: 2, err: expect.stringContaining("kubectl exec") });
    expect(await velvet(ana, "ledger", "accept", "--reason", "restored")).toMatchObject({ code: 2 });
    expect(await velvet(ana, "drift", "accept", "orders-db", "--reason", "so", "--context", "ghost")).toMatchObject({
      code: 1,
      err: expect.stringContaining("ghost"),
    });
    expect(await velvet(ana, "status", "--context", "ghost")).toMatchObject({
      code: 1,
      err: expect.stringContaining("ghost"),
    });
    const config = JSON.parse(await readFile(ana, "utf8"));
    config.clusters[0].cluster.server = "https://127.0.0.1:1";
    await writeFile(join(folder, "away"), JSON.stringify(config));
    const away = await velvet(ana, "status", "--kubeconfig", join(folder, "away"));
    expect(away).toMatchObject({ code: 1, err: expect.stringContaining("cannot be reached") });
    expect(await velvet(nobody, "status")).toMatchObject({ code: 1, err: expect.stringContaining("velvet-viewer") });
  });
});

it("says what is missing for this person", async () => {
  const mine = await velvet(server.adminKubeconfig, "doctor", "-o", "json");
  expect(mine.code).toBe(0);
  expect(wrongShape("doctor", mine.out)).toEqual([]);
  const { out } = await velvet(nobody, "doctor");
  expect(out).toContain("knows you as nobody");
  expect(out).toMatch(/you may not open the Revoke gate in default .*\n +A RoleBinding to velvet-approver grants it/);
  expect(out).toContain("all four kinds are there, and of this version");
});

describeKubernetes("wait", () => {
  it("follows one watch over a killed API server to the end", { timeout: 90_000 }, async () => {
    const namespace = await team();
    await request(namespace, "one");
    await show(namespace, "rotationrequest", "one", AT_THE_GATE);
    const waiting = following("wait", `${namespace}/one`, "--timeout", "60s");
    await waiting.says("Validated");
    await server.kill();
    await server.restart();
    await show(namespace, "rotationrequest", "one", DONE);
    expect(await waiting.ended).toBe(0);
    expect(waiting.said()).toContain("Done");
  });

  it("ends with 1 when it is stalled or deleted, and with 2 when the time is over", async () => {
    const namespace = await team();
    await request(namespace, "one");
    await show(namespace, "rotationrequest", "one", AT_THE_GATE);
    expect(await velvet(ana, "wait", "one", "-n", namespace, "--for", "gate")).toMatchObject({ code: 0 });
    expect(await velvet(ana, "wait", "one", "-n", namespace, "--timeout", "1s")).toMatchObject({ code: 2 });
    const waiting = following("wait", "one", "-n", namespace);
    await waiting.says("Validated");
    await must("delete", "rotationrequest", "one", "-n", namespace);
    expect(await waiting.ended).toBe(1);
    expect(waiting.said()).toContain("That does not stop its rotation");
    await request(namespace, "two");
    const stalled = [condition("Ready", "False", "Verifying"), condition("Stalled", "True", "PasswordRejected", "no")];
    await show(namespace, "rotationrequest", "two", { ...BEGUN, conditions: stalled });
    expect(await velvet(ana, "wait", "two", "-n", namespace)).toMatchObject({
      code: 1,
      err: expect.stringContaining("PasswordRejected"),
    });
  });
});
