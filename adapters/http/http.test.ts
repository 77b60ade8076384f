import type { IncomingMessage, RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { AFTER_SENT, answering, behaving, everything, failure } from "../conformance/wire.ts";
import type { AccountHandle, Check, CheckEndpoint, Clock } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { Secret } from "../secret.ts";
import { http } from "./http.ts";

const CANARY = "cnry-5Bn8mKq1Zx6Wd3Ty";
const clock: Clock = { now: () => new Date("2030-01-01T00:00:00Z"), monotonicMs: () => performance.now() };
const never = new AbortController().signal;
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]();
});

const serve = async (listener: RequestListener) => {
  const server = await answering(listener);
  open.push(server);
  return server;
};

function endpoint(url: string, change: Partial<CheckEndpoint> = {}): CheckEndpoint {
  return {
    name: "orders-login",
    url,
    method: "GET",
    expectStatus: [200],
    proves: "credential",
    allowPrivate: true,
    timeoutMs: 2000,
    ...change,
  };
}

function account(endpoints: readonly CheckEndpoint[], headers: AccountHandle["headers"] = () => ({})): AccountHandle {
  const secret = () => Secret.from("");
  return { name: "orders-checks", generation: 1, config: {}, endpoints, secret, headers };
}

function checkOf(at: CheckEndpoint, headers?: AccountHandle["headers"]): Check {
  const check = http.connect(account([at], headers), clock).check?.(at);
  if (check === undefined) throw new Error("the adapter has no check");
  return check;
}

const value = { user: Secret.from("orders_b"), password: Secret.from(CANARY) };

describe("the http check", () => {
  it("asks with the named field in the named header, a query of its own and no cache", async () => {
    const seen: IncomingMessage[] = [];
    const server = await serve((request, response) => {
      seen.push(request);
      response.end();
    });
    const send = { field: "password", header: "Authorization", prefix: "Bearer " };
    const check = checkOf(endpoint(`${server.url}/login?full=1`, { send }), () => ({ "x-wall": Secret.from("w\n") }));
    for (const _round of [1, 2]) expect((await check.run(value, never)).outcome).toBe("pass");
    const [first, second] = seen;
    expect(first?.headers).toMatchObject({
      authorization: `Bearer ${CANARY}`,
      "cache-control": "no-cache",
      "x-wall": "w",
    });
    expect(first?.url).toMatch(/^\/login\?full=1&velvet=[0-9a-f-]{36}$/);
    expect(second?.url).not.toBe(first?.url);
    expect(JSON.stringify(first?.headers)).not.toContain("orders_b");
  });

  it("sends nothing of the credential where the endpoint names no field", async () => {
    let raw = "";
    const server = await serve((request, response) => {
      raw = `${request.url}${request.rawHeaders.join()}`;
      response.end();
    });
    await checkOf(endpoint(server.url)).run(value, never);
    expect(raw).not.toContain(CANARY);
  });

  it("makes a fresh connection for each run", async () => {
    const server = await serve((_request, response) => response.end());
    const check = checkOf(endpoint(server.url));
    for (const _round of [1, 2, 3]) await check.run(value, never);
    expect(server.connections()).toBe(3);
  });

  it("proves what the account says it proves", () => {
    expect(checkOf(endpoint("https://x.test", { proves: "liveness" })).proves).toBe("liveness");
  });

  it.each([
    [200, {}, "", "pass", "StatusExpected"],
    [204, {}, "", "fail", "StatusUnexpected"],
    [404, {}, "nothing here", "fail", "StatusUnexpected"],
    [409, {}, "", "fail", "StatusUnexpected"],
    [401, {}, "", "unauthorized", "Unauthorized"],
    [403, { "content-type": "text/html" }, "no", "unauthorized", "Unauthorized"],
    [302, { location: "https://team.cloudflareaccess.com/login" }, "", "inconclusive", "Redirected"],
    [307, { location: "http://169.254.169.254/" }, "", "inconclusive", "Redirected"],
    [304, {}, "", "inconclusive", "Redirected"],
    [408, {}, "", "inconclusive", "ConsumerUnavailable"],
    [425, {}, "", "inconclusive", "ConsumerUnavailable"],
    [429, {}, "", "inconclusive", "RateLimited"],
    [500, {}, "", "inconclusive", "ConsumerUnavailable"],
    [503, {}, "<!-- h10 -->", "inconclusive", "EdgeAnswered"],
    [404, {}, "<title>No such app</title>", "inconclusive", "EdgeAnswered"],
    [404, {}, '<iframe src="//www.herokucdn.com/error-pages/no-such-app.html">', "inconclusive", "EdgeAnswered"],
    [403, { "cf-ray": "1" }, "error code: 1010", "inconclusive", "EdgeAnswered"],
    [403, { "cf-ray": "1", "content-type": "text/html" }, "<html>", "inconclusive", "EdgeAnswered"],
    [403, { "cf-ray": "1", "content-type": "application/json" }, "{}", "unauthorized", "Unauthorized"],
    [401, { server: "cloudflare", "content-type": "application/json" }, "{}", "unauthorized", "Unauthorized"],
    [401, { "cf-ray": "1", "www-authenticate": "Cloudflare-Access" }, "", "inconclusive", "EdgeAnswered"],
    [404, { "cf-ray": "1" }, "nothing here", "fail", "StatusUnexpected"],
    [526, { server: "cloudflare" }, "", "inconclusive", "EdgeAnswered"],
    [200, { "cf-mitigated": "challenge" }, "", "inconclusive", "EdgeAnswered"],
    [403, { server: "awselb/2.0", "content-type": "text/html" }, "", "inconclusive", "EdgeAnswered"],
    [403, { server: "CloudFront", "content-type": "text/html" }, "", "inconclusive", "EdgeAnswered"],
    [401, { "x-goog-iap-generated-response": "true" }, "", "inconclusive", "EdgeAnswered"],
  ] as const)("says of %d with %j and body %j: %s, %s", async (status, headers, body, outcome, reason) => {
    const server = await serve((_request, response) => response.writeHead(status, headers).end(body));
    expect(await checkOf(endpoint(server.url)).run(value, never)).toMatchObject({ outcome, reason });
    expect(server.connections()).toBe(1);
  });

  it("passes a status that the account expects, other than 200", async () => {
    const server = await serve((_request, response) => response.writeHead(401).end());
    expect((await checkOf(endpoint(server.url, { expectStatus: [204, 401] })).run(value, never)).outcome).toBe("pass");
  });

  it("hands on Retry-After, at most two minutes", async () => {
    const server = await serve((_request, response) => response.writeHead(503, { "retry-after": "9000" }).end());
    expect(await checkOf(endpoint(server.url)).run(value, never)).toMatchObject({ retryAfterMs: 120_000 });
  });

  it("reads no more than it needs of a huge body", async () => {
    const server = await serve((_request, response) => response.end("x".repeat(4_000_000)));
    expect((await checkOf(endpoint(server.url)).run(value, never)).outcome).toBe("pass");
  });

  it.each(AFTER_SENT)("is inconclusive when its request %s", async (_title, behave, reason) => {
    const server = await behaving(behave);
    open.push(server);
    const result = await checkOf(endpoint(server.url, { timeoutMs: 300 })).run(value, never);
    expect(result).toMatchObject({ outcome: "inconclusive", reason });
  });

  it("is inconclusive when the consumer is down or its name does not resolve", async () => {
    const server = await serve((_request, response) => response.end());
    await server[Symbol.asyncDispose]();
    const down = await checkOf(endpoint(server.url)).run(value, never);
    expect(down).toMatchObject({ outcome: "inconclusive", reason: "ConnectFailed" });
    const lost = await checkOf(endpoint("https://velvet-test.invalid/")).run(value, never);
    expect(lost).toMatchObject({ outcome: "inconclusive", reason: "NameNotResolved" });
  });

  it("stops when its signal aborts", async () => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort());
    const error = await failure(checkOf(endpoint(server.url)).run(value, stop.signal));
    expect(error).toMatchObject({ name: "Transient", reason: "Aborted" });
  });
});

describe("the policy of the http check", () => {
  it.each([
    ["http://example.com/", false, "EndpointInsecure"],
    ["http://127.0.0.1:1/", false, "EndpointInsecure"],
    ["http://1.1.1.1/", true, "AddressRefused"],
    ["https://127.0.0.1:1/", false, "AddressRefused"],
    ["https://[::ffff:10.0.0.1]/", false, "AddressRefused"],
    ["https://localhost:1/", false, "AddressRefused"],
    ["https://169.254.169.254/latest/", true, "AddressRefused"],
    ["http://[fd00:ec2::254]/latest/", true, "AddressRefused"],
    [`https://u:${CANARY}@example.com/`, false, "EndpointInvalid"],
    ["file:///etc/passwd", true, "EndpointInvalid"],
  ])("refuses %s with allowPrivate %s as %s", async (url, allowPrivate, reason) => {
    const at = endpoint(url, { allowPrivate, send: { field: "password", header: "x-key" } });
    const error = await failure(checkOf(at).run(value, never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason, facts: { operation: "check orders-login" } });
    expect(everything(error)).not.toContain(CANARY);
  });

  it.each(["", " padded", "line\nbreak", `${CANARY}\r\nx-admin: 1`, "caf\u00e9", "\u0000"])(
    "never sends the value %j, which a header cannot carry unchanged",
    async (text) => {
      const server = await serve((_request, response) => response.end());
      const at = endpoint(server.url, { send: { field: "password", header: "x-key" } });
      const error = await failure(checkOf(at).run({ password: Secret.from(text) }, never));
      expect(error).toMatchObject({ name: "Terminal", reason: "ValueNotSendable" });
      expect(everything(error)).not.toContain(CANARY);
      expect(server.connections()).toBe(0);
    },
  );

  it("says which field is missing", async () => {
    const at = endpoint("https://x.test/", { send: { field: "token", header: "x-key" } });
    const error = await failure(checkOf(at).run(value, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "FieldMissing" });
  });

  it("makes an account ready only when it allows every endpoint and its headers resolve", async () => {
    const good = endpoint("https://x.test/");
    const bad = endpoint("http://x.test/", { name: "plain", allowPrivate: false });
    const probe = (handle: AccountHandle) => http.connect(handle, clock).probe(never);
    expect(await probe(account([good]))).toMatchObject({ ready: true, reason: "EndpointsAllowed" });
    expect(await probe(account([good, bad]))).toMatchObject({ ready: false, reason: "EndpointInsecure" });
    const missing = () => {
      throw new Terminal({ reason: "AccountSecretMissing", message: "gone" }, { vendor: "http", operation: "headers" });
    };
    expect(await probe(account([good], missing))).toMatchObject({ ready: false, reason: "AccountSecretMissing" });
  });

  it("has no role but that of a check", () => {
    expect(http).toMatchObject({ name: "http", roles: ["check"], endpoint: "none" });
    expect(() => http.targets("sink", {})).toThrow("is no sink");
  });
});
