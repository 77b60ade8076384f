import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { credentialsOf } from "./access.ts";
import { callApi } from "./https.ts";
import { type ApiServer, startApiServer } from "./server.ts";
import { describeKubernetes, sharedApiServer } from "./shared.ts";
import { cacheFolder, KUBERNETES_VERSION } from "./tools.ts";

describeKubernetes("the API server of the tests", () => {
  const server = sharedApiServer;

  it("says its real version and is ready", async () => {
    expect(await server().call({ method: "GET", path: "/readyz" })).toBe("ok");
    const version = (await server().call({ method: "GET", path: "/version" })) as { readonly gitVersion: string };
    // What is built must say what go.mod pins; programs of the machine may be of another version.
    expect(version.gitVersion).toMatch(isBuilt() ? new RegExp(`^${KUBERNETES_VERSION}$`) : /^v1\.\d+\.\d+/);
  });

  it("refuses who has no name", async () => {
    const { ca } = await credentialsOf(server().adminKubeconfig);
    await expect(callApi(server().url, { ca }, { method: "GET", path: "/version" })).rejects.toThrow(": 401 ");
  });

  it("knows a user by the name and the groups of a certificate, and grants only what a role grants", async () => {
    const namespace = await server().createNamespace();
    const kubeconfig = await server().userKubeconfig("ada", ["orders", "payments"]);
    const who = await server().kubectl(["auth", "whoami", "--output=json"], { kubeconfig });
    expect(JSON.parse(who.stdout).status.userInfo).toMatchObject({
      username: "ada",
      groups: ["orders", "payments", "system:authenticated"],
    });
    const look = ["get", "configmaps", "--namespace", namespace];
    expect((await server().kubectl(look, { kubeconfig })).stderr).toContain('User "ada" cannot list');
    for (const grant of [
      ["create", "role", "look", "--verb=list", "--resource=configmaps"],
      ["create", "rolebinding", "look", "--role=look", "--group=orders"],
    ])
      expect(await server().kubectl([...grant, "--namespace", namespace])).toMatchObject({ code: 0 });
    await expect.poll(async () => (await server().kubectl(look, { kubeconfig })).code).toBe(0);
  });

  it("knows a ServiceAccount by its token", async () => {
    const namespace = await server().createNamespace();
    expect((await server().kubectl(["create", "serviceaccount", "bot", "--namespace", namespace])).code).toBe(0);
    const kubeconfig = await server().serviceAccountKubeconfig(namespace, "bot");
    const who = await server().kubectl(["auth", "whoami", "--output=json"], { kubeconfig });
    expect(JSON.parse(who.stdout).status.userInfo.username).toBe(`system:serviceaccount:${namespace}:bot`);
    await expect(server().serviceAccountKubeconfig(namespace, "nobody")).rejects.toThrow("404");
  });

  it("ends a namespace with what is in it", async () => {
    const namespace = await server().createNamespace();
    const make = ["create", "configmap", "thing", "--namespace", namespace];
    expect((await server().kubectl(make)).code).toBe(0);
    await server().finalizeNamespace(namespace);
    expect((await server().kubectl(["get", "namespace", namespace])).stderr).toContain("NotFound");
    const again = ["create", "namespace", namespace];
    expect((await server().kubectl(again)).code).toBe(0);
    const left = await server().kubectl(["get", "configmaps", "--namespace", namespace, "--output=name"]);
    expect(left.stdout).toBe("");
  });

  it("serves helm", async () => {
    const { code, stdout } = await server().helm(["list", "--all-namespaces", "--output=json"]);
    expect([code, JSON.parse(stdout)]).toEqual([0, []]);
  });
});

describeKubernetes("an API server of one's own", () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("comes back after a kill on the same port with the same data and the same users", async () => {
    const namespace = await server.createNamespace();
    const kubeconfig = await server.userKubeconfig("root", ["system:masters"]);
    await server.kill();
    expect((await server.kubectl(["get", "namespaces"])).stderr).toContain("refused");
    await server.restart();
    expect((await server.kubectl(["get", "namespace", namespace], { kubeconfig })).code).toBe(0);
  });

  it("enforces an admission policy", async () => {
    const policy = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "own-name" },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
        },
        validations: [{ expression: "object.data.by == request.userInfo.username", message: "by must be you" }],
      },
    };
    const binding = {
      ...policy,
      kind: "ValidatingAdmissionPolicyBinding",
      spec: { policyName: "own-name", validationActions: ["Deny"] },
    };
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: [policy, binding] });
    expect((await server.kubectl(["apply", "--filename=-"], { stdin })).stderr).toBe("");
    const create = (by: string) =>
      server.kubectl(["create", "configmap", "x", `--from-literal=by=${by}`, "--dry-run=server"]);
    // A policy takes effect a moment after it is stored.
    await expect.poll(async () => (await create("ada")).stderr, { timeout: 20_000 }).toContain("by must be you");
    expect((await create("admin")).code).toBe(0);
  });
});

describeKubernetes("a test that is killed", () => {
  it("leaves no program and no folder behind", async () => {
    const script = `
      const { startApiServer } = await import(${JSON.stringify(join(import.meta.dirname, "server.ts"))});
      const { place } = await startApiServer();
      console.log(JSON.stringify(place));
      process.stdin.resume().on("end", () => process.exit());`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    try {
      const [text] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
      const { folder } = JSON.parse(text) as { readonly folder: string };
      const commands = await commandsWith(folder);
      for (const program of ["/etcd ", "/kube-apiserver "])
        expect(commands.filter((line) => line.includes(program))).not.toEqual([]);
      child.kill("SIGKILL");
      // Its leashes report to nobody any more.
      await expect.poll(() => existsSync(folder), { timeout: 20_000 }).toBe(false);
      await expect.poll(() => commandsWith(folder), { timeout: 20_000 }).toEqual([]);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

/** The command lines of all running programs in which this text stands. */
async function commandsWith(text: string): Promise<readonly string[]> {
  const ps = spawn("ps", ["-A", "-ww", "-o", "args="], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  ps.stdout.setEncoding("utf8").on("data", (part: string) => (said += part));
  await once(ps, "close");
  return said.split("\n").filter((line) => line.includes(text));
}

function isBuilt(): boolean {
  const shared = inject("kubernetes");
  return "place" in shared && shared.place.binaries["kube-apiserver"] === join(cacheFolder(), "kube-apiserver");
}
