import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Server } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { AFTER_SENT, answering, everything, failure, listening } from "./conformance/wire.ts";
import type { Clock } from "./contract.ts";
import { isAdapterError } from "./errors.ts";
import type { Http, HttpOptions, HttpRequest } from "./http.ts";
import { openHttp } from "./http.ts";
import { path } from "./http-path.ts";
import { Secret } from "./secret.ts";

const CANARY = "cnry-7Hq2vX9pLw4Zt8Rk";
const clock: Clock = { now: () => new Date("2030-01-01T00:00:00Z"), monotonicMs: () => performance.now() };
const never = new AbortController().signal;
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]();
});

const serve = async (listener: RequestListener) => kept(await answering(listener)).url;
const raw = async (server: Server) => kept(await listening(server)).url;

function kept<T extends AsyncDisposable>(thing: T): T {
  open.push(thing);
  return thing;
}

function client(baseUrl: string | undefined, options: Partial<HttpOptions> = {}): Http {
  return kept(openHttp({ vendor: "test", baseUrl, headers: () => ({}), clock, timeoutMs: 2000, ...options }));
}

const get: HttpRequest = { method: "GET", path: path`/things` };
const put: HttpRequest = { method: "PUT", path: path`/things`, json: {} };
const post: HttpRequest = { method: "POST", path: path`/things`, json: {} };

describe("a request that was sent and", () => {
  it.each(AFTER_SENT)("%s is unknown, or transient where it only reads", async (_title, broken, reason) => {
    const http = client(await raw(createTcpServer(broken)), { timeoutMs: 300 });
    expect(await failure(http.send(post, never))).toMatchObject({ name: "OutcomeUnknown", reason });
    expect(await failure(http.send(put, never))).toMatchObject({ name: "OutcomeUnknown", reason });
    expect(await failure(http.send(get, never))).toMatchObject({ name: "Transient", reason });
  });

  it("is aborted is unknown, and its connection is closed", async () => {
    const stop = new AbortController();
    let closed: Promise<unknown> | undefined;
    const http = client(
      await serve((request: IncomingMessage, _response: ServerResponse) => {
        closed = once(request.socket, "close");
        stop.abort();
      }),
    );
    expect(await failure(http.send(post, stop.signal))).toMatchObject({ name: "OutcomeUnknown", reason: "Aborted" });
    await closed;
  });

  it("is answered with too large a body is unknown, or final where it only reads", async () => {
    const http = client(await serve((_request, response) => response.end("x".repeat(5000))), { maxBodyBytes: 4096 });
    expect(await failure(http.send(post, never))).toMatchObject({ name: "OutcomeUnknown", reason: "AnswerTooLarge" });
    expect(await failure(http.send(get, never))).toMatchObject({ name: "Terminal", reason: "AnswerTooLarge" });
  });

  it("is refused by status keeps that status where the error's body is cut", async () => {
    const answer = "HTTP/1.1 422 No\r\ncontent-length: 100\r\n\r\n{";
    const cut = createTcpServer((socket) => socket.once("data", () => socket.end(answer)));
    const error = await failure(client(await raw(cut)).send(post, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "RequestRefused", facts: { status: 422 } });
  });
});

describe("a request of which no byte left", () => {
  it("is without effect when the connection is refused", async () => {
    const server = createTcpServer();
    const base = await raw(server);
    await new Promise((done) => server.close(done));
    const error = await failure(client(base).send(post, never));
    expect(error).toMatchObject({ name: "Transient", reason: "ConnectFailed", facts: { code: "ECONNREFUSED" } });
  });

  it("is without effect when the name does not resolve", async () => {
    const error = await failure(client("http://velvet-test.invalid/").send(post, never));
    expect(error).toMatchObject({ name: "Transient", reason: "NameNotResolved" });
  });

  it("is without effect when TLS fails", async () => {
    const base = (await serve((_request, response) => response.end())).replace("http:", "https:");
    expect(await failure(client(base).send(post, never))).toMatchObject({ name: "Transient", reason: "TlsFailed" });
  });

  it("is without effect when TLS is never answered in time", async () => {
    const base = (await raw(createTcpServer())).replace("http:", "https:");
    const error = await failure(client(base, { timeoutMs: 200 }).send(post, never));
    expect(error).toMatchObject({ name: "Transient", reason: "ConnectTimeout" });
  });

  it("is without effect when it was aborted before or while connecting", async () => {
    const base = (await raw(createTcpServer())).replace("http:", "https:");
    const stop = new AbortController();
    const pending = failure(client(base).send(post, stop.signal));
    stop.abort();
    expect(await pending).toMatchObject({ name: "Transient", reason: "Aborted" });
    expect(await failure(client(base).send(post, stop.signal))).toMatchObject({ name: "Transient", reason: "Aborted" });
  });

  it("is never sent once it waited behind another request and was aborted there", async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const arrived = Promise.withResolvers<ServerResponse>();
    const base = await serve((request, response) => {
      seen.push(request.method ?? "");
      if (request.method === "GET") arrived.resolve(response);
      else response.end();
    });
    const http = client(base, { connections: 1 });
    const first = http.send(get, never);
    const response = await arrived.promise;
    const second = failure(http.send(put, stop.signal));
    stop.abort();
    expect(await second).toMatchObject({ name: "Transient", reason: "Aborted" });
    response.end();
    await first;
    await http.send({ ...put, method: "DELETE" }, never);
    expect(seen).toEqual(["GET", "DELETE"]);
  });
});

describe("a kept connection", () => {
  /** Answers the first request on each connection, and hangs up at the second one; `always`: at every one after the first of all. */
  function hangingUp(always = false) {
    const seen: { readonly connection: number; readonly method: string }[] = [];
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections += 1;
      const connection = connections;
      socket
        .on("error", () => {})
        .on("data", (chunk: Buffer) => {
          const method = chunk.toString().split(" ")[0] ?? "";
          const again = seen.some((each) => always || each.connection === connection);
          seen.push({ connection, method });
          if (again) socket.destroy();
          else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        });
    });
    return { server, seen };
  }

  it("that the vendor has closed costs a read nothing: it is sent once more, on a connection of its own", async () => {
    const { server, seen } = hangingUp();
    const http = client(await raw(server), { connections: 1 });
    await http.send(get, never);
    expect((await http.send(get, never)).status).toBe(200);
    expect(seen.map(({ connection }) => connection)).toEqual([1, 1, 2]);
  });

  it("is given up once: a read that finds the next one closed too is transient", async () => {
    const { server, seen } = hangingUp(true);
    const http = client(await raw(server), { connections: 1 });
    await http.send(get, never);
    expect(await failure(http.send(get, never))).toMatchObject({ name: "Transient", reason: "ConnectionLost" });
    expect(seen).toHaveLength(3);
  });

  it("that the vendor has closed leaves the outcome of a write unknown, which is not sent again", async () => {
    const { server, seen } = hangingUp();
    const http = client(await raw(server), { connections: 1 });
    await http.send(get, never);
    expect(await failure(http.send(put, never))).toMatchObject({ name: "OutcomeUnknown", reason: "ConnectionLost" });
    expect(seen.map(({ method }) => method)).toEqual(["GET", "PUT"]);
  });

  it("is never used by what may be done only once", async () => {
    const { server, seen } = hangingUp();
    const http = client(await raw(server), { connections: 1 });
    await http.send(get, never);
    await http.send(post, never);
    await http.send(post, never);
    expect(seen.map(({ connection }) => connection)).toEqual([1, 2, 3]);
  });

  it("is the only reason to send a read again: the first connection of all is not one", async () => {
    const { server, seen } = hangingUp();
    seen.push({ connection: 1, method: "none" });
    expect(await failure(client(await raw(server), { connections: 1 }).send(get, never))).toMatchObject({
      reason: "ConnectionLost",
    });
    expect(seen.filter(({ method }) => method === "GET")).toHaveLength(1);
  });

  it("is replaced within the deadline of the request, and with a turn of its own", async () => {
    const { server, seen } = hangingUp();
    let turns = 0;
    const budget = { enter: async () => ((turns += 1), { [Symbol.dispose]: () => undefined }), block: () => undefined };
    const http = client(await raw(server), { connections: 1, budget });
    await http.send(get, never);
    await http.send(get, never);
    expect([turns, seen.length]).toEqual([3, 3]);
  });
});

describe("an error", () => {
  const broken = AFTER_SENT.map(([title, behave]) => [title, () => createTcpServer(behave)] as const);
  const answered = [302, 400, 401, 409, 429, 500].map(
    (status) =>
      [
        `with status ${status}`,
        () =>
          createServer((_q, response) => response.writeHead(status, { location: CANARY, "x-v": CANARY }).end(CANARY)),
      ] as const,
  );
  const notJson = ["with a body that is no JSON", () => createServer((_q, response) => response.end(CANARY))] as const;

  it.each([...broken, ...answered, notJson])("of a request that %s carries no value", async (_title, make) => {
    const headers = () => ({ "x-wall": Secret.from(CANARY) });
    const http = client(await raw(make()), { timeoutMs: 200, headers, errorCode: (body) => String(body) });
    const request: HttpRequest = {
      method: "POST",
      path: path`/apps/${CANARY}/x`,
      query: { q: CANARY },
      headers: { authorization: Secret.from(`Bearer ${CANARY}`) },
      json: { token: CANARY },
    };
    const error = await failure(http.send(request, never).then((answer) => answer.json()));
    expect(isAdapterError(error)).toBe(true);
    expect(everything(error)).not.toContain(CANARY);
    expect(error).not.toHaveProperty("cause");
  });

  it("and an answer print none of a body", async () => {
    const base = await serve((_request, response) => response.writeHead(200, { "x-v": CANARY }).end(CANARY));
    const answer = await client(base).send(get, never);
    expect(everything(answer)).not.toContain(CANARY);
    expect(answer.text()).toBe(CANARY);
  });
});
