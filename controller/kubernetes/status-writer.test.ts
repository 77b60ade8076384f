import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApiClient } from "./client.ts";
import { THINGS, THINGS_AT, clientOf } from "./cluster.fixture.ts";
import { FakeApiServer } from "./fake-api-server.fixture.ts";
import { StatusWriter } from "./status-writer.ts";
import type { Owner } from "./status-writer.ts";

const never = new AbortController().signal;

let fake: FakeApiServer;
let client: ApiClient;
let writer: StatusWriter;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  client = await clientOf(fake.url);
  writer = new StatusWriter({ client, resource: THINGS, fieldManager: "example" });
});

afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

function made(name = "x"): Owner {
  const { uid, resourceVersion } = fake.store.put(THINGS_AT, `a/${name}`, { spec: 1 }).metadata;
  return { namespace: "a", name, uid, resourceVersion };
}

const statusOf = (name = "x"): unknown => fake.store.get(THINGS_AT, `a/${name}`)?.["status"];

describe("a status", () => {
  it("is applied in full by its field manager, to the object of that uid only", async () => {
    const owner = made();
    const outcome = await writer.write(owner, { phase: "Good", list: [1] }, never);
    expect(outcome).toEqual({
      outcome: "written",
      resourceVersion: fake.store.get(THINGS_AT, "a/x")?.metadata.resourceVersion,
      stored: { phase: "Good", list: [1] },
    });
    expect(statusOf()).toEqual({ phase: "Good", list: [1] });
    const [asked] = fake.asked;
    expect(asked).toMatchObject({ method: "PATCH", path: "/apis/example.test/v1/namespaces/a/things/x/status" });
    expect(Object.fromEntries(asked?.query ?? [])).toEqual({ fieldManager: "example", force: "true" });
    expect(asked?.headers["content-type"]).toBe("application/apply-patch+yaml");
  });

  it("is not written again as long as it says the same, in whatever order", async () => {
    const owner = made();
    await writer.write(owner, { a: 1, b: { c: 1, d: 2 } }, never);
    expect(await writer.write(owner, { b: { d: 2, c: 1 }, a: 1 }, never)).toEqual({ outcome: "unchanged" });
    expect(fake.asked).toHaveLength(1);
    expect(await writer.write(owner, { a: 2, b: { c: 1, d: 2 } }, never)).toMatchObject({ outcome: "written" });
    expect(await writer.write(owner, { a: 1, b: { c: 1, d: 2 } }, never)).toMatchObject({ outcome: "written" });
    expect(fake.asked).toHaveLength(3);
  });

  it("is another one when the order of a list is", async () => {
    const owner = made();
    await writer.write(owner, { list: [1, 2] }, never);
    expect(await writer.write(owner, { list: [2, 1] }, never)).toMatchObject({ outcome: "written" });
  });

  it("is written again after somebody else changed it", async () => {
    const owner = made();
    await writer.write(owner, { phase: "Good" }, never);
    fake.store.put(THINGS_AT, "a/x", { spec: 1, status: { phase: "Forged" } });
    writer.forget(owner);
    expect(await writer.write(owner, { phase: "Good" }, never)).toMatchObject({ outcome: "written" });
    expect(statusOf()).toEqual({ phase: "Good" });
  });

  it("is written again when it was forgotten while it was written", async () => {
    const owner = made();
    const slow = Promise.withResolvers<void>();
    fake.fault = () => ({ after: slow.promise });
    const write = writer.write(owner, { phase: "Good" }, never);
    await fake.until(({ asked }) => asked.length === 1);
    writer.forget(owner);
    slow.resolve();
    await write;
    expect(await writer.write(owner, { phase: "Good" }, never)).toMatchObject({ outcome: "written" });
  });

  it("is nobody's when its object is no more", async () => {
    const owner = made();
    fake.store.remove(THINGS_AT, "a/x");
    expect(await writer.write(owner, { phase: "Good" }, never)).toEqual({ outcome: "gone" });
  });

  it("never reaches the object that took the name of its own", async () => {
    const owner = made();
    await writer.write(owner, { phase: "Good" }, never);
    fake.store.remove(THINGS_AT, "a/x");
    const other = made();
    for (const { resourceVersion, ...seen } of [owner, owner]) {
      expect(
        await writer.write({ ...seen, ...(fake.asked.length < 3 ? { resourceVersion } : {}) }, { phase: "Bad" }, never),
      ).toEqual({ outcome: "gone" });
    }
    expect(statusOf()).toBeUndefined();
    expect(await writer.write(other, { phase: "Good" }, never)).toMatchObject({ outcome: "written" });
  });

  it("never reaches it either when it takes the name between a look and the write", async () => {
    const { resourceVersion: _, ...owner } = made();
    fake.fault = ({ method }) => {
      if (method !== "PATCH" || fake.asked.length > 2) return undefined;
      fake.store.remove(THINGS_AT, "a/x");
      made();
      return undefined;
    };
    expect(await writer.write(owner, { phase: "Bad" }, never)).toEqual({ outcome: "gone" });
    expect(fake.asked.map(({ method }) => method)).toEqual(["GET", "PATCH", "GET"]);
    expect(statusOf()).toBeUndefined();
  });

  it("takes one request when the version is known, and looks when somebody else changed the object", async () => {
    const owner = made();
    await writer.write(owner, { phase: "Good" }, never);
    await writer.write(owner, { phase: "Better" }, never);
    fake.store.put(THINGS_AT, "a/x", { spec: 2, status: statusOf() });
    await writer.write(owner, { phase: "Best" }, never);
    expect(fake.asked.map(({ method }) => method)).toEqual(["PATCH", "PATCH", "PATCH", "GET", "PATCH"]);
    expect(statusOf()).toEqual({ phase: "Best" });
  });

  it.each([
    [403, "Forbidden", "no"],
    [422, "Invalid", "no"],
    [500, "InternalError", "failed to create typed patch object: .status.phase: field not declared in schema"],
  ])("that is refused with %i is an outcome, and is tried when it is told again", async (status, reason, message) => {
    const owner = made();
    fake.fault = () => ({ status, body: { kind: "Status", reason, message } });
    const outcome = await writer.write(owner, { phase: "Bad" }, never);
    expect(outcome).toMatchObject({ outcome: "refused", error: { status, reason } });
    fake.fault = () => undefined;
    expect(await writer.write(owner, { phase: "Bad" }, never)).toMatchObject({ outcome: "written" });
  });

  it("is refused, and its object not gone, when the kind has no status", async () => {
    const owner = made();
    fake.fault = ({ subresource }) => (subresource === "status" ? { status: 404 } : undefined);
    expect(await writer.write(owner, { phase: "Good" }, never)).toMatchObject({ outcome: "refused" });
  });

  it("is tried again when other writers were faster, and not for ever", async () => {
    const owner = made();
    fake.fault = ({ method }) =>
      method === "PATCH" && fake.asked.length < 3 ? { status: 409, reason: "Conflict" } : undefined;
    expect(await writer.write(owner, { phase: "Good" }, never)).toMatchObject({ outcome: "written" });
    fake.fault = ({ method }) => (method === "PATCH" ? { status: 409, reason: "Conflict" } : undefined);
    await expect(writer.write(owner, { phase: "Bad" }, never)).rejects.toMatchObject({ status: 409 });
  });

  it.each([
    ["breaks", { reset: 0 }],
    ["fails", { status: 500, reason: "InternalError" }],
    ["is busy", { status: 429, reason: "TooManyRequests" }],
  ])("is not taken for written when the API server %s", async (_, fault) => {
    const owner = made();
    await writer.write(owner, { phase: "Good" }, never);
    fake.fault = () => fault;
    await expect(writer.write(owner, { phase: "Bad" }, never)).rejects.toMatchObject({ name: "ApiError" });
    fake.fault = () => undefined;
    expect(await writer.write(owner, { phase: "Good" }, never)).toMatchObject({ outcome: "written" });
    expect(statusOf()).toEqual({ phase: "Good" });
  });
});
