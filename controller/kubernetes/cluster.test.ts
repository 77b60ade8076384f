import { chmodSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Folder, THINGS, kubeconfigFor } from "./cluster.fixture.ts";
import { openCluster } from "./cluster.ts";
import type { ClusterOptions } from "./cluster.ts";
import { FakeApiServer } from "./fake-api-server.fixture.ts";
import { pathOf } from "./resource.ts";

const never = new AbortController().signal;
const LIST = { method: "GET", path: pathOf(THINGS) } as const;

let fake: FakeApiServer;
let folder: Folder;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  folder = new Folder();
});

afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function authorizationOf(options: ClusterOptions): Promise<string | undefined> {
  await using client = await openCluster(options);
  await client.send(LIST, never);
  return fake.asked.at(-1)?.headers.authorization;
}

/** Refuses every token but this one. */
function admit(token: () => string): void {
  fake.fault = ({ headers }) =>
    headers.authorization === `Bearer ${token()}` ? undefined : { status: 401, reason: "Unauthorized" };
}

describe("which cluster", () => {
  it("is the one of the kubeconfig that is named, before any other", async () => {
    const named = folder.write("named", kubeconfigFor(fake.url, { token: "named" }));
    const other = folder.write("other", kubeconfigFor(fake.url, { token: "other" }));
    expect(await authorizationOf({ kubeconfig: named, env: { KUBECONFIG: other } })).toBe("Bearer named");
    expect(await authorizationOf({ env: { KUBECONFIG: other, KUBERNETES_SERVICE_HOST: "10.0.0.1" } })).toBe(
      "Bearer other",
    );
  });

  it("is the one of the home folder when nothing is named", async () => {
    execFileSync("mkdir", ["-p", `${folder.path}/.kube`]);
    folder.write(".kube/config", kubeconfigFor(fake.url, { token: "home" }));
    expect(await authorizationOf({ env: { HOME: folder.path } })).toBe("Bearer home");
  });

  it("is named by the first of several files that says so, and files that are not there are left out", async () => {
    const first = folder.write("first", { kind: "Config", users: [{ name: "u", user: { token: "first" } }] });
    const second = folder.write("second", {
      ...kubeconfigFor(fake.url, { token: "second" }),
      "current-context": "here",
    });
    const env = { KUBECONFIG: [`${folder.path}/none`, first, second].join(":") };
    expect(await authorizationOf({ env })).toBe("Bearer first");
  });

  it("tells its address and the namespace of the context", async () => {
    const kubeconfig = folder.write("config", kubeconfigFor(`${fake.url}/`));
    await using client = await openCluster({ kubeconfig, env: {} });
    expect(client.server).toBe(fake.url);
    expect(client.namespace).toBe("team");
  });

  it("may stand behind a path", async () => {
    const kubeconfig = folder.write("config", kubeconfigFor(`${fake.url}/clusters/one`));
    await using client = await openCluster({ kubeconfig, env: {} });
    await client.send(LIST, never).catch(() => {});
    expect(fake.asked[0]?.path).toBe("/clusters/one/apis/example.test/v1/things");
  });

  it("is not asked anything before the first request", async () => {
    const kubeconfig = folder.write("config", kubeconfigFor("https://127.0.0.1:1"));
    await using client = await openCluster({ kubeconfig, env: {} });
    const sent = client.send({ ...LIST, method: "DELETE" }, never);
    await expect(sent).rejects.toMatchObject({
      reason: "ClusterUnreachable",
      remedy: expect.stringContaining("kubectl"),
    });
  });
});

describe("what cannot be used", () => {
  const refused = (config: unknown, context?: string): Promise<unknown> =>
    openCluster({ kubeconfig: folder.write("config", config), env: {}, context });

  it("is a kubeconfig that is not there", async () => {
    const path = `${folder.path}/none`;
    for (const options of [
      { kubeconfig: path, env: {} },
      { env: { KUBECONFIG: path } },
      { env: { HOME: path } },
      { env: {} },
    ]) {
      await expect(openCluster(options)).rejects.toMatchObject({
        reason: "KubeconfigMissing",
        remedy: expect.stringContaining("--kubeconfig"),
      });
    }
  });

  it("is a context that is not in it, and those that are in it are named", async () => {
    const wrong = refused(kubeconfigFor(fake.url), "there");
    await expect(wrong).rejects.toMatchObject({
      reason: "ContextMissing",
      message: expect.stringContaining("it has here"),
    });
    await expect(refused({ ...kubeconfigFor(fake.url), "current-context": "" })).rejects.toMatchObject({
      reason: "ContextMissing",
      message: expect.stringContaining("no current context"),
    });
  });

  it.each([
    ["no YAML", "a: [token-in-clear"],
    ["no kubeconfig", "token-in-clear"],
    ["a list", ["token-in-clear"]],
    ["a cluster without a server", { ...kubeconfigFor("https://a"), clusters: [{ name: "c", cluster: {} }] }],
    ["a context without its cluster", { ...kubeconfigFor("https://a"), clusters: [] }],
    ["a context without its user", { ...kubeconfigFor("https://a"), users: [] }],
    ["a file that is too large", "#".repeat(4 * 1_024 * 1_024 + 1)],
    ["a server on the network without TLS", kubeconfigFor("http://example.test")],
    ["a server that is no URL", kubeconfigFor("somewhere")],
    ["a server with a password in it", kubeconfigFor("https://u:token-in-clear@example.test")],
    ["a proxy of another kind", kubeconfigFor("https://a", {}, { "proxy-url": "socks5://localhost:1" })],
  ])("is %s, and nothing of it is quoted", async (_, config) => {
    const error: unknown = await refused(config).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: expect.stringMatching(/^(KubeconfigInvalid|ContextMissing)$/) });
    expect(inspect(error)).not.toContain("token-in-clear");
  });
});

describe("who asks", () => {
  it("is a user with a password", async () => {
    const kubeconfig = folder.write("config", kubeconfigFor(fake.url, { username: "u", password: "p" }));
    expect(await authorizationOf({ kubeconfig, env: {} })).toBe(`Basic ${Buffer.from("u:p").toString("base64")}`);
  });

  it("is whoever is impersonated, with the groups", async () => {
    const kubeconfig = folder.write(
      "config",
      kubeconfigFor(fake.url, { token: "t", as: "ann", "as-groups": ["g", "h"] }),
    );
    await authorizationOf({ kubeconfig, env: {} });
    expect(fake.asked[0]?.headers).toMatchObject({ "impersonate-user": "ann", "impersonate-group": "g, h" });
  });

  it("is told by a program, which is told what is wanted of it and is not started again while its word is in force", async () => {
    const program = folder.write(
      "program",
      `#!/bin/sh\necho x >> ${folder.path}/runs\necho "$KUBERNETES_EXEC_INFO" > ${folder.path}/info\n` +
        `echo '{"kind":"ExecCredential","status":{"token":"made"}}'\n`,
    );
    chmodSync(program, 0o755);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: program };
    const kubeconfig = folder.write("config", kubeconfigFor(fake.url, { exec }));
    await using client = await openCluster({ kubeconfig, env: {} });
    await Promise.all(Array.from({ length: 5 }, () => client.send(LIST, never)));
    expect(fake.asked[0]?.headers.authorization).toBe("Bearer made");
    expect(execFileSync("cat", [`${folder.path}/runs`], { encoding: "utf8" })).toBe("x\n");
    const info: unknown = JSON.parse(execFileSync("cat", [`${folder.path}/info`], { encoding: "utf8" }));
    expect(info).toMatchObject({ apiVersion: exec.apiVersion, kind: "ExecCredential", spec: { interactive: false } });
  });

  it.each([
    ["fails", "#!/bin/sh\necho token-in-clear >&2\nexit 1\n"],
    ["says nothing of use", "#!/bin/sh\necho '{}'\n"],
  ])("is nobody when the program %s, and what it printed is not quoted", async (_, script) => {
    const program = folder.write("program", script);
    chmodSync(program, 0o755);
    const kubeconfig = folder.write("config", kubeconfigFor(fake.url, { exec: { command: program } }));
    await using client = await openCluster({ kubeconfig, env: {} });
    const error: unknown = await client.send(LIST, never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: "ClusterCredentialMissing", message: expect.stringContaining(program) });
    expect(inspect(error)).not.toContain("token-in-clear");
    expect(fake.asked).toEqual([]);
  });

  it("is not waited for past the deadline when the program does not end", async () => {
    const program = folder.write("program", "#!/bin/sh\nexec sleep 2\n");
    chmodSync(program, 0o755);
    const kubeconfig = folder.write("config", kubeconfigFor(fake.url, { exec: { command: program } }));
    await using client = await openCluster({ kubeconfig, env: {} });
    await expect(client.send({ ...LIST, timeoutMs: 50 }, never)).rejects.toMatchObject({ reason: "ClusterTimeout" });
  });
});

describe("a credential that is refused", () => {
  it("is read anew, once for all who used it", async () => {
    const kubeconfig = folder.write("config", kubeconfigFor(fake.url, { token: "old" }));
    await using client = await openCluster({ kubeconfig, env: {} });
    admit(() => "new");
    folder.write("config", kubeconfigFor(fake.url, { token: "new" }));
    await Promise.all(Array.from({ length: 20 }, () => client.send(LIST, never)));
    await client.send(
      { ...LIST, method: "POST", path: pathOf(THINGS, { namespace: "a" }), body: { metadata: { name: "x" } } },
      never,
    );
    expect(fake.asked.filter(({ headers }) => headers.authorization === "Bearer old").length).toBeLessThanOrEqual(20);
    expect(fake.asked.at(-1)?.headers.authorization).toBe("Bearer new");
  });

  it("is an error when the one that was read anew is refused too", async () => {
    const kubeconfig = folder.write("config", kubeconfigFor(fake.url, { token: "old" }));
    await using client = await openCluster({ kubeconfig, env: {} });
    admit(() => "another");
    await expect(client.send(LIST, never)).rejects.toMatchObject({ status: 401, reason: "Unauthorized" });
    expect(fake.asked).toHaveLength(2);
  });

  it("is read anew for a watch too", async () => {
    const kubeconfig = folder.write("config", kubeconfigFor(fake.url, { tokenFile: "token" }));
    folder.write("token", "old\n");
    await using client = await openCluster({ kubeconfig, env: {} });
    await client.send(LIST, never);
    admit(() => "new");
    folder.write("token", "new\n");
    const events = client.watch(LIST, never)[Symbol.asyncIterator]();
    const first = events.next();
    await fake.until(({ watches }) => watches.size === 1);
    fake.store.put("apis/example.test/v1/things", "a/x");
    expect((await first).value).toMatchObject({ type: "ADDED" });
    await events.return?.();
  });
});
