import { execFileSync } from "node:child_process";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SYSTEM_CLOCK } from "./clock.ts";
import { Folder, THINGS, kubeconfigFor } from "./cluster.fixture.ts";
import { openCluster } from "./cluster.ts";
import { pathOf } from "./resource.ts";

const never = new AbortController().signal;
const LIST = { method: "GET", path: pathOf(THINGS) } as const;

let folder: Folder;

beforeEach(() => {
  folder = new Folder();
});

afterEach(() => {
  vi.useRealTimers();
  folder[Symbol.dispose]();
});

describe("with TLS", () => {
  function certificates(names = "subjectAltName=DNS:api.internal"): {
    ca: string;
    cert: Buffer;
    key: Buffer;
    clientCert: string;
    clientKey: string;
  } {
    const openssl = (...args: string[]): Buffer =>
      execFileSync("openssl", args, { cwd: folder.path, stdio: ["ignore", "pipe", "ignore"] });
    const make = (name: string, subject: string, ...rest: string[]): Buffer =>
      openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.crt`,
        "-subj",
        subject,
        ...rest,
      );
    make("server", "/CN=api", "-addext", names);
    make("client", "/CN=ann");
    const read = (path: string): Buffer => execFileSync("cat", [path], { cwd: folder.path });
    return {
      ca: read("server.crt").toString("base64"),
      cert: read("server.crt"),
      key: read("server.key"),
      clientCert: read("client.crt").toString("base64"),
      clientKey: read("client.key").toString("base64"),
    };
  }

  async function listen(
    tls: { cert: Buffer; key: Buffer },
    seen: (name: string | undefined, token: string | undefined) => void,
  ) {
    const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const socket = request.socket as TLSSocket;
      const { CN } = socket.getPeerCertificate()?.subject ?? {};
      seen(typeof CN === "string" ? CN : undefined, request.headers.authorization);
      response.end("{}");
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const close = async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return { url: `https://127.0.0.1:${port}`, port, [Symbol.asyncDispose]: close };
  }

  it("shows its certificate to a server that the authority of the kubeconfig vouches for, under the name that it says", async () => {
    const made = certificates();
    const names: (string | undefined)[] = [];
    await using server = await listen(made, (name) => names.push(name));
    const user = { "client-certificate-data": made.clientCert, "client-key-data": made.clientKey };
    const cluster = { "certificate-authority-data": made.ca, "tls-server-name": "api.internal" };
    const kubeconfig = folder.write("config", kubeconfigFor(server.url, user, cluster));
    await using client = await openCluster({ kubeconfig, env: {} });
    await client.send(LIST, never);
    expect(names).toEqual(["ann"]);
  });

  it("sends nothing to a server that nobody vouches for, or under another name", async () => {
    const made = certificates();
    const names: unknown[] = [];
    await using server = await listen(made, (name) => names.push(name));
    for (const cluster of [{ "tls-server-name": "api.internal" }, { "certificate-authority-data": made.ca }]) {
      const kubeconfig = folder.write("config", kubeconfigFor(server.url, { token: "t" }, cluster));
      await using client = await openCluster({ kubeconfig, env: {} });
      await expect(client.send(LIST, never)).rejects.toMatchObject({
        reason: "ClusterUnreachable",
        remedy: expect.stringContaining("authority"),
      });
    }
    expect(names).toEqual([]);
  });

  it("in a pod, reads the token that lies there as it changes, and asks in the pod's namespace", async () => {
    const made = certificates("subjectAltName=IP:127.0.0.1");
    const tokens: unknown[] = [];
    await using server = await listen(made, (_, token) => tokens.push(token));
    folder.write("ca.crt", made.cert.toString());
    folder.write("token", "first");
    folder.write("namespace", "velvet\n");
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    let passedMs = 0;
    const clock = { ...SYSTEM_CLOCK, monotonicMs: () => performance.now() + passedMs };
    const env = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(server.port) };
    await using client = await openCluster({ env, podFolder: folder.path, clock });
    expect([client.namespace, client.server]).toEqual(["velvet", server.url]);
    await client.send(LIST, never);
    folder.write("token", "second");
    await client.send(LIST, never);
    vi.setSystemTime(start + 61_000);
    passedMs += 61_000;
    await client.send(LIST, never);
    expect(tokens).toEqual(["Bearer first", "Bearer first", "Bearer second"]);
  });
});
