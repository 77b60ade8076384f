import { readFileSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { answering, everything, failure } from "./conformance/wire.ts";
import type { Clock } from "./contract.ts";
import { OutcomeUnknown, Terminal, Transient, isAdapterError } from "./errors.ts";
import type { Http, HttpOptions, HttpRequest } from "./http.ts";
import { VERSION, openHttp } from "./http.ts";
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

describe("a request", () => {
  it("goes below the account's base path, with encoded names, JSON, account headers and a user agent", async () => {
    const seen: { url?: string; headers?: IncomingMessage["headers"]; body?: string } = {};
    const base = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        Object.assign(seen, { url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.setHeader("x-request-id", "r-1").end(JSON.stringify({ ok: null }));
      });
    });
    const http = client(`${base}/v1/?region=eu`, { headers: () => ({ "X-Wall": Secret.from(" pass \n") }) });
    const answer = await http.send(
      { method: "POST", path: path`/apps/${"a/b ?#%2e"}/vars`, query: { q: "x y" }, json: { a: 1 } },
      never,
    );
    expect(answer.json()).toEqual({ ok: null });
    expect(answer.header("X-Request-Id")).toBe("r-1");
    expect(seen.url).toBe("/v1/apps/a%2Fb%20%3F%23%252e/vars?region=eu&q=x+y");
    expect(seen.body).toBe('{"a":1}');
    expect(seen.headers).toMatchObject({
      "x-wall": "pass",
      "user-agent": `velvet/${VERSION}`,
      "content-type": "application/json",
    });
  });

  it("names the package's version", () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(manifest).toMatchObject({ version: VERSION });
  });

  it.each(["..", ".", ""])("refuses the name %j, which no URL can hold", async (name) => {
    let asked = 0;
    const base = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const error = await failure(client(base).send({ method: "DELETE", path: path`/apps/${name}/vars` }, never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "NameInvalid", facts: { operation: "DELETE /apps/{}/vars" } });
    expect(asked).toBe(0);
  });

  it.each([undefined, "ftp://x/", "nonsense", `https://user:${CANARY}@example.com/`, `https://example.com/#${CANARY}`])(
    "refuses the endpoint %j without repeating it",
    async (baseUrl) => {
      const error = await failure(client(baseUrl).send(get, never));
      expect(error).toBeInstanceOf(Terminal);
      expect(error).toMatchObject({ reason: "EndpointInvalid" });
      expect(everything(error)).not.toContain(CANARY);
    },
  );

  it.each([
    ["x-wall", `${CANARY}\r\nhost: evil`],
    ["x-wall", `${CANARY}\u00e9`],
    ["host", CANARY],
    ["transfer-encoding", "chunked"],
    [`x ${CANARY}`, "1"],
  ])("refuses the account header %j without repeating its value", async (name, value) => {
    const base = await serve((_request, response) => response.end());
    const http = client(base, { headers: () => ({ [name]: Secret.from(value) }) });
    const error = await failure(http.send(get, never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "HeaderInvalid" });
    expect(everything(error)).not.toContain(CANARY);
  });

  it("never follows a redirect, least of all to a metadata address", async () => {
    let asked = 0;
    const base = await serve((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end();
    });
    const http = client(base);
    expect(await failure(http.send(get, never))).toMatchObject({ name: "Terminal", reason: "UnexpectedRedirect" });
    expect(await failure(http.send(post, never))).toBeInstanceOf(OutcomeUnknown);
    expect(asked).toBe(2);
  });
});

describe("an answer", () => {
  it.each([
    [400, "Terminal", "Terminal", "Terminal"],
    [401, "Terminal", "Terminal", "Terminal"],
    [403, "Terminal", "Terminal", "Terminal"],
    [404, "Terminal", "Terminal", "Terminal"],
    [408, "Transient", "OutcomeUnknown", "OutcomeUnknown"],
    [409, "Transient", "Transient", "OutcomeUnknown"],
    [422, "Terminal", "Terminal", "Terminal"],
    [425, "Transient", "Transient", "OutcomeUnknown"],
    [429, "Transient", "Transient", "OutcomeUnknown"],
    [500, "Transient", "OutcomeUnknown", "OutcomeUnknown"],
    [503, "Transient", "OutcomeUnknown", "OutcomeUnknown"],
  ])("of %d is %s for a read, %s for a repeatable write and %s for a mint", async (status, read, write, mint) => {
    const base = await serve((_request, response) => response.writeHead(status, { "x-request-id": "r-9" }).end("{}"));
    const http = client(base, { errorCode: () => "E42" });
    const names: string[] = [];
    for (const request of [get, put, post]) {
      const error = await failure(http.send(request, never));
      expect(error).toMatchObject({ facts: { status, requestId: "r-9", code: "E42" } });
      names.push(isAdapterError(error) ? error.name : "other");
    }
    expect(names).toEqual([read, write, mint]);
  });

  it("of an accepted status is no error", async () => {
    const base = await serve((_request, response) => response.writeHead(404).end());
    expect((await client(base).send({ ...get, accept: [404] }, never)).status).toBe(404);
  });

  it.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "999999999999" }, 60_000],
    [{ "retry-after": "Tue, 01 Jan 2030 00:00:30 GMT", date: "Tue, 01 Jan 2030 00:00:10 GMT" }, 20_000],
    [{ "retry-after": "Tue, 01 Jan 2030 09:00:00 GMT", date: "Tue, 01 Jan 2030 00:00:10 GMT" }, 60_000],
    [{ "retry-after": "Tue, 01 Jan 2019 00:00:00 GMT", date: "Tue, 01 Jan 2030 00:00:10 GMT" }, 0],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("with %j asks for %s ms", async (headers, expected) => {
    const base = await serve((_request, response) => response.writeHead(429, headers).end());
    const error = await failure(client(base, { retryAfterCapMs: 60_000 }).send(get, never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ retryAfterMs: expected });
  });

  it("measures a Retry-After date by the clock where the answer has no date", async () => {
    const base = await serve((_request, response) => {
      response.sendDate = false;
      response.writeHead(429, { "retry-after": "Tue, 01 Jan 2030 00:00:05 GMT" }).end();
    });
    expect(await failure(client(base).send(get, never))).toMatchObject({ retryAfterMs: 5000 });
  });

  it("that is not JSON is unknown after a mint and final after a read", async () => {
    const base = await serve((_request, response) => response.end("<html>"));
    const http = client(base);
    const read = await http.send(get, never);
    const mint = await http.send(post, never);
    expect(() => read.json()).toThrow(Terminal);
    expect(() => mint.json()).toThrow(OutcomeUnknown);
  });
});
