import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeApiServer } from "./fake-api-server.fixture.ts";
import { THINGS, THINGS_AT, clientOf } from "./cluster.fixture.ts";
import type { ApiClient, WatchEvent } from "./client.ts";
import { ApiError } from "./error.ts";
import type { ApiObject } from "./object.ts";
import { pathOf } from "./resource.ts";

const never = new AbortController().signal;
const LIST = { method: "GET", path: pathOf(THINGS) } as const;
const ONE = { method: "GET", path: pathOf(THINGS, { namespace: "a", name: "x" }) } as const;

let fake: FakeApiServer;
let client: ApiClient;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  client = await clientOf(fake.url);
});

afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError but ${String(error)}`);
  return error;
}

async function all(events: AsyncIterable<WatchEvent>): Promise<WatchEvent[]> {
  const found: WatchEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

describe("a request", () => {
  it("says who asks, and for what, and gives the parsed answer", async () => {
    fake.store.put(THINGS_AT, "a/x", { spec: { n: 1 } });
    const found = await client.send<ApiObject>({ ...ONE, query: { pretty: undefined, limit: "5" } }, never);
    expect(found.spec).toEqual({ n: 1 });
    const [asked] = fake.asked;
    expect(asked?.headers).toMatchObject({ authorization: "Bearer t", accept: "application/json" });
    expect(asked?.headers["user-agent"]).toMatch(/^velvet\/\d+\.\d+\.\d+/);
    expect([...(asked?.query ?? [])]).toEqual([["limit", "5"]]);
  });

  it("writes with the content type that it names", async () => {
    fake.store.put(THINGS_AT, "a/x", { spec: { n: 1, m: 1 } });
    const body = { spec: { n: null, m: 2 } };
    await client.send({ ...ONE, method: "PATCH", body, contentType: "application/merge-patch+json" }, never);
    expect(fake.store.get(THINGS_AT, "a/x")?.["spec"]).toEqual({ m: 2 });
    expect(fake.asked[0]?.headers["content-type"]).toBe("application/merge-patch+json");
  });

  it("shares a few connections with two hundred others", async () => {
    await Promise.all(Array.from({ length: 200 }, () => client.send(LIST, never)));
    expect(fake.asked).toHaveLength(200);
    expect(fake.accepted).toBeLessThanOrEqual(8);
  });

  it("keeps its connections when it follows two hundred others", async () => {
    for (let count = 0; count < 200; count += 1) await client.send(LIST, never);
    expect(fake.accepted).toBeLessThanOrEqual(2);
  });

  it("waits for no watch, however many there are", async () => {
    const stop = new AbortController();
    const watches = Array.from({ length: 20 }, () => all(client.watch(LIST, stop.signal)).catch(() => {}));
    await fake.until(({ watches: { size } }) => size === 20);
    await expect(client.send(LIST, never)).resolves.toBeDefined();
    stop.abort();
    await Promise.all(watches);
  });

  it("ends at its deadline when the answer stops within its body", async () => {
    fake.fault = () => ({ stall: 20 });
    const error = await errorOf(client.send({ ...LIST, timeoutMs: 50 }, never));
    expect(error).toMatchObject({ reason: "ClusterTimeout", status: undefined });
    await fake.until(({ sockets }) => sockets.size === 0);
  });

  it("ends at once when it is aborted, and leaves no open socket", async () => {
    fake.fault = () => ({ stall: 0 });
    const stop = new AbortController();
    const sent = client.send(LIST, stop.signal);
    await fake.until(({ asked }) => asked.length === 1);
    stop.abort(new Error("enough"));
    await expect(sent).rejects.toThrow("enough");
    await fake.until(({ sockets }) => sockets.size === 0);
  });

  it("is not sent when it was aborted before", async () => {
    await expect(client.send(LIST, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    expect(fake.asked).toEqual([]);
  });

  it("follows no redirect", async () => {
    fake.fault = () => ({ status: 302, headers: { location: `${fake.url}/elsewhere` } });
    expect(await errorOf(client.send(LIST, never))).toMatchObject({ reason: "ClusterRedirects", status: 302 });
    expect(fake.asked).toHaveLength(1);
  });

  it("refuses an answer that is no JSON", async () => {
    fake.fault = () => ({ say: "<html>" });
    const error = await errorOf(client.send(LIST, never));
    expect(error.reason).toBe("ClusterAnswerUnreadable");
    expect(error.message).not.toContain("html");
  });

  it("refuses an answer that is too large, and closes its connection", async () => {
    fake.fault = () => ({ say: " ".repeat(80 * 1_024 * 1_024) });
    expect((await errorOf(client.send(LIST, never))).reason).toBe("ClusterAnswerTooLarge");
    await fake.until(({ sockets }) => sockets.size === 0);
  });

  it("says that a server that breaks the connection cannot be reached, and does not ask it again", async () => {
    fake.fault = () => ({ reset: 0 });
    const error = await errorOf(client.send(LIST, never));
    expect(error).toMatchObject({ reason: "ClusterUnreachable", status: undefined });
    expect(error.message).toContain(fake.url);
    expect(error.remedy).toContain("kubectl");
    expect(fake.asked).toHaveLength(1);
  });
});

describe("a refusal", () => {
  const cause = { field: "spec.a", reason: "FieldValueInvalid", message: "too long" };

  it("is an error with the reason and the causes of the Status object, all of them bounded", async () => {
    const details = { causes: Array.from({ length: 40 }, () => ({ ...cause, message: "m".repeat(9_000) })) };
    const body = { kind: "Status", reason: "Invalid", message: "x".repeat(9_000), details };
    fake.fault = () => ({ status: 422, body });
    const error = await errorOf(client.send(LIST, never));
    expect(error).toMatchObject({ status: 422, reason: "Invalid" });
    expect(error.message.length).toBeLessThanOrEqual(1_024);
    expect(error.causes).toHaveLength(16);
    expect(error.causes[0]).toMatchObject({ field: "spec.a", reason: "FieldValueInvalid" });
    expect(error.causes[0]?.message.length).toBeLessThanOrEqual(512);
  });

  it("holds no control character and no reason that is none", async () => {
    fake.fault = () => ({ status: 400, body: { kind: "Status", reason: "no reason", message: "a\u001B[31m\nb" } });
    const error = await errorOf(client.send(LIST, never));
    expect(error.reason).toBe("BadRequest");
    expect(error.message).toMatch(/a \[31m b$/);
  });

  it("quotes nothing when it is about Secrets", async () => {
    const body = {
      kind: "Status",
      reason: "Invalid",
      message: "s3cret",
      details: { causes: [{ ...cause, message: "s3cret" }] },
    };
    fake.fault = () => ({ status: 422, body });
    const error = await errorOf(
      client.send({ method: "PATCH", path: "/api/v1/namespaces/a/secrets/x", body: {} }, never),
    );
    expect(JSON.stringify([error.message, error.causes])).not.toContain("s3cret");
    expect(error.causes[0]?.field).toBe("spec.a");
  });

  it("without a Status object is named by its HTTP status", async () => {
    fake.fault = () => ({ status: 404, body: "nothing" });
    expect(await errorOf(client.send(LIST, never))).toMatchObject({ status: 404, reason: "NotFound", causes: [] });
  });
});

describe("what is sent again", () => {
  it("is a request that was told when to come back", async () => {
    fake.fault = () => (fake.asked.length === 1 ? { status: 429, headers: { "retry-after": "0" } } : undefined);
    await client.send(
      { method: "POST", path: pathOf(THINGS, { namespace: "a" }), body: { metadata: { name: "x" } } },
      never,
    );
    expect(fake.asked).toHaveLength(2);
    expect(fake.store.get(THINGS_AT, "a/x")).toBeDefined();
  });

  it("is no request that was told to come back after its deadline", async () => {
    fake.fault = () => ({ status: 429, headers: { "retry-after": "31" } });
    expect(await errorOf(client.send(LIST, never))).toMatchObject({ status: 429, retryAfterMs: 31_000 });
    expect(fake.asked).toHaveLength(1);
  });

  it("is no request that was not told when to come back", async () => {
    fake.fault = () => ({ status: 429 });
    expect(await errorOf(client.send(LIST, never))).toMatchObject({ status: 429, retryAfterMs: undefined });
    expect(fake.asked).toHaveLength(1);
  });

  it("is a read after 503, but no write", async () => {
    fake.store.put(THINGS_AT, "a/x");
    fake.fault = () => (fake.asked.length <= 2 ? { status: 503 } : undefined);
    await client.send(ONE, never);
    expect(fake.asked).toHaveLength(3);
    fake.fault = () => ({ status: 503 });
    await errorOf(client.send({ ...ONE, method: "DELETE" }, never));
    expect(fake.asked).toHaveLength(4);
  });

  it("is a read that nobody listened to, but no write", async () => {
    await fake.stop();
    const write = await errorOf(client.send({ ...ONE, method: "DELETE" }, never));
    expect(write).toMatchObject({ reason: "ClusterUnreachable", code: "ECONNREFUSED" });
    const read = client.send(LIST, never);
    await fake.start();
    await expect(read).resolves.toBeDefined();
  });

  it("is at most four times a read", async () => {
    fake.fault = () => ({ status: 503 });
    await errorOf(client.send(LIST, never));
    expect(fake.asked).toHaveLength(5);
  });
});

describe("a watch", () => {
  it("tells additions, changes, deletions and bookmarks", async () => {
    const stop = new AbortController();
    const watched = all(client.watch({ ...LIST, query: { resourceVersion: "100" } }, stop.signal));
    await fake.until(({ watches }) => watches.size === 1);
    fake.store.put(THINGS_AT, "a/x");
    fake.store.put(THINGS_AT, "a/x", { spec: 1 });
    fake.store.remove(THINGS_AT, "a/x");
    for (const watch of fake.watches) {
      watch.bookmark();
      watch.end();
    }
    const events = await watched;
    expect(events.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]);
    expect(events[1]?.object).toMatchObject({ spec: 1, metadata: { resourceVersion: "102" } });
    expect(events[3]?.object).toEqual({ metadata: { resourceVersion: "103" } });
  });

  it("tells an error that comes in the stream", async () => {
    fake.store.compact();
    const [event] = await all(client.watch({ ...LIST, query: { resourceVersion: "1" } }, never));
    expect(event).toMatchObject({ type: "ERROR", object: { status: 410, reason: "Expired" } });
  });

  it("refuses like a request", async () => {
    fake.goneAs = "status";
    expect(await errorOf(all(client.watch({ ...LIST, query: { resourceVersion: "1" } }, never)))).toMatchObject({
      status: 410,
    });
  });

  it.each([
    ["half a line", '{"type":"ADDED","obj', "ClusterAnswerUnreadable"],
    ["garbage", "%%%\n", "ClusterAnswerUnreadable"],
    ["an event of an unknown type", '{"type":"WON","object":{}}\n', "ClusterAnswerUnreadable"],
    [
      "an object without a uid",
      '{"type":"ADDED","object":{"kind":"A","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"1"}}}\n',
      "ClusterAnswerUnreadable",
    ],
    ["a line that is too long", "x".repeat(8 * 1_024 * 1_024 + 1), "ClusterAnswerTooLarge"],
  ])("ends with an error after %s, and closes its connection", async (_, text, reason) => {
    const watched = errorOf(all(client.watch(LIST, never)));
    await fake.until(({ watches }) => watches.size === 1);
    for (const watch of fake.watches) {
      watch.say(text);
      if (!text.startsWith("x")) watch.end();
    }
    expect((await watched).reason).toBe(reason);
    await fake.until(({ watches }) => watches.size === 0);
  });

  it("reads a line that comes in many pieces, within a character too", async () => {
    const watched = all(client.watch(LIST, never));
    await fake.until(({ watches }) => watches.size === 1);
    const [watch] = fake.watches;
    const object = {
      kind: "A",
      apiVersion: "v1",
      metadata: { name: "a", uid: "1", resourceVersion: "1", labels: { l: "ä€" } },
    };
    for (const byte of Buffer.from(`${JSON.stringify({ type: "ADDED", object })}\n`)) watch?.bytes(Buffer.of(byte));
    watch?.end();
    expect(await watched).toEqual([{ type: "ADDED", object }]);
  });

  it("has a deadline until it begins, and none afterwards", async () => {
    fake.fault = () => ({ stall: 0 });
    expect((await errorOf(all(client.watch({ ...LIST, timeoutMs: 50 }, never)))).reason).toBe("ClusterTimeout");
    fake.fault = () => undefined;
    const events = client.watch({ ...LIST, timeoutMs: 500 }, never)[Symbol.asyncIterator]();
    const first = events.next();
    await fake.until(({ watches }) => watches.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 600));
    fake.store.put(THINGS_AT, "a/x");
    expect((await first).value).toMatchObject({ type: "ADDED" });
    await events.return?.();
  });

  it("ends at once when it is aborted, and leaves no open socket", async () => {
    const stop = new AbortController();
    const watched = all(client.watch(LIST, stop.signal));
    await fake.until(({ watches }) => watches.size === 1);
    stop.abort(new Error("enough"));
    await expect(watched).rejects.toThrow("enough");
    await fake.until(({ sockets }) => sockets.size === 0);
  });

  it("leaves no open socket when its loop is left", async () => {
    fake.store.put(THINGS_AT, "a/x");
    for await (const event of client.watch({ ...LIST, query: { resourceVersion: "100" } }, never)) {
      expect(event.type).toBe("ADDED");
      break;
    }
    await fake.until(({ sockets }) => sockets.size === 0);
  });

  it("ends when the client is closed, and so does every request after it", async () => {
    const watched = errorOf(all(client.watch(LIST, never)));
    await fake.until(({ watches }) => watches.size === 1);
    await client[Symbol.asyncDispose]();
    expect((await watched).reason).toBe("ClusterUnreachable");
    expect((await errorOf(client.send(LIST, never))).message).toContain("closed");
    await fake.until(({ sockets }) => sockets.size === 0);
  });
});
