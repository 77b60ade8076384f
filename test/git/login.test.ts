import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { lookAt, names, signal, sourceOf } from "./looks.ts";
import { credentialText } from "./manifests.ts";
import { type TestRemote, testRemote } from "./remote.ts";
import { gitHttp, httpServer, type TestServer } from "./servers.ts";

// Needs percent-encoding, and would end a shell's quotes.
const TOKEN = `t0k%en'@/"${"c4nary".repeat(3)}`;
const BASIC = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;

let remote: TestRemote;
const servers: TestServer[] = [];

beforeEach(async () => {
  remote = await testRemote();
  await remote.commit({ "teams/orders/a.yaml": credentialText("a") });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await remote.remove();
});

async function serve(options: Parameters<typeof gitHttp>[1] = {}) {
  const server = await gitHttp(remote.folder, options);
  servers.push(server);
  return { ...server, url: `http://127.0.0.1:${server.port}/remote.git` };
}

/** Every argument list and environment of the machine's running programs that this user may read, but for the test's own. */
async function programs(): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name) && name !== String(process.pid));
  const files = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  const texts = await Promise.all(files.map(async (file) => readFile(file, "latin1").catch(() => "")));
  return texts.join("\n");
}

it("reads a private repository, and the token stands in no argument and no environment", async () => {
  const seen: string[] = [];
  const server = await serve({ authorization: BASIC, onRequest: async () => void seen.push(await programs()) });
  const source = sourceOf(remote, { url: server.url, token: Secret.from(TOKEN) });
  expect(names(await lookAt(source))).toEqual(["orders/a"]);
  expect(seen.length).toBeGreaterThan(2);
  for (const text of seen) {
    expect(text).toContain(server.url);
    expect(text).not.toContain("c4nary");
    expect(text).not.toContain(BASIC.slice(6));
  }
});

it("leaves no trace of the token in the cache when a look is over", async () => {
  const server = await serve({ authorization: BASIC });
  const cache = join(remote.folder, "cache");
  await lookAt(sourceOf(remote, { url: server.url, token: Secret.from(TOKEN) }));
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map(async (file) => readFile(join(file.parentPath, file.name), "latin1")));
  expect(texts.length).toBeGreaterThan(3);
  expect(texts.filter((text) => text.includes("c4nary"))).toEqual([]);
});

it.each([
  ["no token", undefined],
  ["a wrong token", Secret.from("c4nary-wrong")],
])("says that the login was refused with %s, asks nobody and repeats nothing", async (_, token) => {
  const server = await serve({ authorization: BASIC });
  const source = sourceOf(remote, { url: server.url, ...(token === undefined ? {} : { token }) });
  const failure = await source.look(undefined, signal).catch((error: unknown) => error);
  expect(failure).toMatchObject({ reason: "GitAuthFailed" });
  expect(JSON.stringify(failure) + String(failure)).not.toContain("c4nary");
});

it("never sends the token to another host, where the first one redirects", async () => {
  const headers: unknown[] = [];
  const thief = await httpServer((request, response) => {
    headers.push(request.headers.authorization);
    response.writeHead(401, { "www-authenticate": 'Basic realm="thief"' }).end();
  });
  const first = await httpServer((request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${thief.port}${request.url ?? ""}` }).end();
  });
  servers.push(thief, first);
  const url = `http://127.0.0.1:${first.port}/remote.git`;
  const looking = sourceOf(remote, { url, token: Secret.from(TOKEN) }).look(undefined, signal);
  await expect(looking).rejects.toMatchObject({ reason: "GitAuthFailed" });
  expect(headers.length).toBeGreaterThan(0);
  expect(headers.every((header) => header === undefined)).toBe(true);
});

it("reads from a remote that filters but does not hand out single objects", async () => {
  const server = await serve({ oldProtocol: true });
  const source = sourceOf(remote, { url: server.url });
  const look = await lookAt(source);
  expect(names(look)).toEqual(["orders/a"]);
  await remote.commit({ "teams/orders/b.yaml": credentialText("b") });
  expect(names(await lookAt(source, look.cursor))).toEqual(["orders/a", "orders/b"]);
});

it("calls a missing repository and a server in trouble by their names", async () => {
  const server = await serve();
  const missing = sourceOf(remote, { url: `http://127.0.0.1:${server.port}/nothing.git` });
  await expect(missing.look(undefined, signal)).rejects.toMatchObject({ reason: "NotARepository" });
  const sick = await httpServer((_, response) => void response.writeHead(503).end());
  servers.push(sick);
  const asking = sourceOf(remote, { url: `http://127.0.0.1:${sick.port}/remote.git` }).look(undefined, signal);
  await expect(asking).rejects.toMatchObject({ reason: "GitUnreachable" });
});
