import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { openProbes } from "./open.ts";
import { type Probes, ProbesCannotListen, startProbes } from "./probes.ts";
import { createReadiness, type Readiness } from "./readiness.ts";

const opened: Probes[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (probes) => probes.close()));
});

const monotonicMs = () => performance.now();
const metrics = async () =>
  Promise.resolve({ contentType: "text/plain; version=0.0.4; charset=utf-8", text: "up 1\n" });

async function start(readiness: Readiness = createReadiness((ms) => AbortSignal.timeout(ms)), port = 0) {
  const flags = { version: "0.1.0", rotation: "on", sources: ["platform"] };
  const probes = await startProbes({ host: "127.0.0.1", port, readiness, flags, monotonicMs, metrics });
  opened.push(probes);
  const ask = async (path: string, method = "GET") => fetch(`http://127.0.0.1:${probes.port}${path}`, { method });
  return { probes, ask, readiness };
}

describe("the probes", () => {
  it("say that the event loop turns, and how late it was", async () => {
    const { ask } = await start();
    const answer = await ask("/healthz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ alive: true, longestLagMs: expect.any(Number) as number });
  });

  it("name each check that is not ready, and are ready when none is left", async () => {
    const { ask, readiness } = await start();
    let why: string | undefined = "not synced yet";
    readiness.set("source:tenants", () => why);
    readiness.set("ledger", async () => undefined);
    const before = await ask("/readyz");
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({ ready: false, checks: { "source:tenants": "not synced yet", ledger: "ok" } });
    why = undefined;
    const after = await ask("/readyz");
    expect(after.status).toBe(200);
    expect(await after.json()).toMatchObject({ ready: true });
  });

  it("tell nothing of the error of a check that throws", async () => {
    const { ask, readiness } = await start();
    readiness.set("ledger", async () => Promise.reject(new Error("postgres://velvet:hunter2@db")));
    const text = await (await ask("/readyz")).text();
    expect(JSON.parse(text)).toEqual({ ready: false, checks: { ledger: "it failed" } });
    expect(text).not.toContain("hunter2");
  });

  it("do not wait for a check that never answers", async () => {
    const gone = new AbortController();
    const { ask, readiness } = await start(createReadiness(() => gone.signal));
    const asked = Promise.withResolvers<void>();
    readiness.set("ledger", async () => {
      asked.resolve();
      return new Promise<undefined>(() => undefined);
    });
    const answer = ask("/readyz");
    await asked.promise;
    gone.abort();
    expect(await (await answer).json()).toEqual({ ready: false, checks: { ledger: "no answer in time" } });
  });

  it("run a check once for all who ask at the same time", async () => {
    const readiness = createReadiness((ms) => AbortSignal.timeout(ms));
    let runs = 0;
    readiness.set("ledger", async () => {
      runs += 1;
      return Promise.resolve(undefined);
    });
    await Promise.all(Array.from({ length: 20 }, async () => readiness.ask()));
    expect(runs).toBe(1);
    await readiness.ask();
    expect(runs).toBe(2);
  });

  it("show what is switched on", async () => {
    const { ask } = await start();
    expect(await (await ask("/flags")).json()).toEqual({ version: "0.1.0", rotation: "on", sources: ["platform"] });
  });

  it("show what is measured, as Prometheus reads it", async () => {
    const { ask } = await start();
    const answer = await ask("/metrics");
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await answer.text()).toBe("up 1\n");
  });

  it.each(["/", "/metrics?x=1", "/healthz?x=1", "/healthz/", "/../etc/passwd"])("serve nothing at %s", async (path) => {
    const { ask } = await start();
    expect((await ask(path)).status).toBe(404);
  });

  it("answer HEAD without a body, and refuse every other method", async () => {
    const { ask } = await start();
    const head = await ask("/healthz", "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const post = await ask("/healthz", "POST");
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("refuse headers over 8 KiB", async () => {
    const { probes } = await start();
    const socket = connect(probes.port, "127.0.0.1");
    socket.setEncoding("utf8");
    socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(9_000)}\r\n\r\n`);
    const [said] = (await once(socket, "data")) as [string];
    expect(said).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
  });

  it("say what to do where the port is taken", async () => {
    const { probes } = await start();
    await expect(start(undefined, probes.port)).rejects.toThrow(ProbesCannotListen);
  });
});

describe("the controller's probes", () => {
  const open = async (env: Readonly<Record<string, string>>, stop: AbortSignal) => {
    const config = readConfig(env, { root: false, home: "/nowhere" });
    const readiness = createReadiness((ms) => AbortSignal.timeout(ms));
    const probes = await openProbes({ config, readiness, version: "0.1.0", stop, monotonicMs, metrics });
    if (probes !== undefined) opened.push(probes);
    return { probes, readiness };
  };

  it("are not served without a port", async () => {
    const { probes } = await open({}, new AbortController().signal);
    expect(probes).toBeUndefined();
  });

  it("are served before the ledger is open, and while it stops, and are ready at neither time", async () => {
    const free = await start();
    const port = String(free.probes.port);
    await free.probes.close();
    opened.splice(0);
    const stop = new AbortController();
    const { readiness } = await open(
      { VELVET_HTTP_PORT: port, VELVET_PLATFORM_DIR: "/etc/velvet", VELVET_ROTATION: "off" },
      stop.signal,
    );
    const ask = async () => fetch(`http://127.0.0.1:${port}/readyz`);
    expect(await (await ask()).json()).toMatchObject({ ready: false, checks: { start: "the ledger is being opened" } });
    readiness.set("start", () => undefined);
    expect((await ask()).status).toBe(200);
    stop.abort();
    const stopping = await ask();
    expect(stopping.status).toBe(503);
    expect(await stopping.json()).toMatchObject({ checks: { stop: "it is stopping" } });
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect(await (await fetch(`http://127.0.0.1:${port}/flags`)).json()).toMatchObject({
      rotation: "off",
      sources: ["platform"],
    });
  });

  it.each([
    [{ VELVET_HTTP_PORT: "0" }, "from 1 to 65535"],
    [{ VELVET_HTTP_PORT: "8080", VELVET_HTTP_HOST: "example.com" }, "it must be an address"],
    [{ VELVET_HTTP_HOST: "0.0.0.0" }, "of no use without VELVET_HTTP_PORT"],
  ])("are refused for %o", async (env, said) => {
    await expect(open(env as Record<string, string>, new AbortController().signal)).rejects.toThrow(said);
  });
});
