import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { FixedWindow, TokenBucket } from "./bucket.ts";
import { openApiContract } from "./contract.ts";
import { type EmulatorOptions, openEmulator } from "./emulator.ts";

/** A vendor that counts, with a clock that stands still unless it is moved. */
async function counter(more: Partial<EmulatorOptions> = {}) {
  const clock = { now: 1_000 };
  const things: number[] = [];
  const emulator = await openEmulator({
    now: () => clock.now,
    routes: [
      { method: "GET", pattern: "/things", handle: () => ({ status: 200, body: things }) },
      {
        method: "POST",
        pattern: "/things/{name}",
        handle: ({ params, now }) => {
          things.push(now);
          return { status: 201, headers: { "x-name": params["name"] ?? "" }, body: { count: things.length } };
        },
      },
    ],
    ...more,
  });
  const post = async (name = "a") => fetch(`${emulator.url}${more.prefix ?? ""}/things/${name}`, { method: "POST" });
  return { emulator, clock, things, post, [Symbol.asyncDispose]: async () => emulator[Symbol.asyncDispose]() };
}

describe("an emulator", () => {
  it("routes by method and path, decodes names, and keeps a history", async () => {
    await using world = await counter({ prefix: "/v4" });
    const answer = await world.post("a%2Fb");
    expect([answer.status, answer.headers.get("x-name"), await answer.json()]).toEqual([201, "a/b", { count: 1 }]);
    expect((await fetch(`${world.emulator.url}/things/a`, { method: "POST" })).status).toBe(404);
    expect(world.emulator.seen).toEqual([
      { at: 1_000, method: "POST", path: "/things/a%2Fb", status: 201 },
      { at: 1_000, method: "POST", path: "(outside)/things/a", status: 404 },
    ]);
    expect(world.emulator.strays).toEqual(["POST (outside)/things/a is no route"]);
  });

  it("loses an answer after the effect, and breaks before it", async () => {
    await using world = await counter();
    world.emulator.set({ method: "POST", mishap: { kind: "reset-after" } });
    world.emulator.set({ method: "POST", mishap: { kind: "reset-before" } });
    await expect(world.post()).rejects.toThrow("fetch failed");
    await expect(world.post()).rejects.toThrow("fetch failed");
    expect(world.things.length).toBe(1);
    expect((await world.post()).status).toBe(201);
  });

  it("lands late and twice as its clock moves", async () => {
    await using world = await counter();
    world.emulator.set({ method: "POST", after: 1, mishap: { kind: "twice", landsAfterMs: 500 } });
    await world.post();
    expect((await world.post()).status).toBe(201);
    expect([world.things, world.emulator.nextMoment()]).toEqual([[1_000, 1_000], 1_500]);
    world.clock.now = 1_600;
    world.emulator.elapse();
    expect([world.things, world.emulator.nextMoment()]).toEqual([[1_000, 1_000, 1_500], undefined]);
  });

  it("hangs without an answer, and takes effect when it lands", async () => {
    await using world = await counter();
    world.emulator.set({ mishap: { kind: "hang", landsAfterMs: 500 } });
    const stop = new AbortController();
    const hung = fetch(`${world.emulator.url}/things/a`, { method: "POST", signal: stop.signal });
    await expect.poll(() => world.emulator.seen.length).toBe(1);
    stop.abort();
    await expect(hung).rejects.toThrow("aborted");
    world.clock.now = 1_500;
    expect((await fetch(`${world.emulator.url}/things`)).status).toBe(200);
    expect(world.things).toEqual([1_500]);
  });

  it("refuses what is larger than any vendor takes", async () => {
    await using world = await counter();
    const large = "x".repeat(5 * 1024 * 1024);
    await expect(fetch(`${world.emulator.url}/things/a`, { method: "POST", body: large })).rejects.toThrow("failed");
    expect(world.things).toEqual([]);
  });

  it("finds requests and answers that the official description does not know", async () => {
    const folder = await mkdtemp(join(tmpdir(), "velvet-openapi-"));
    const file = join(folder, "api.json");
    await writeFile(file, JSON.stringify(API));
    await using world = await counter({ contract: openApiContract(pathToFileURL(file)) });
    const post = async (body: object) =>
      fetch(`${world.emulator.url}/things/a`, { method: "POST", body: JSON.stringify(body) });
    await post({ name: "right" });
    expect(world.emulator.strays).toEqual([]);
    await post({ name: 1, more: true });
    await world.post();
    await fetch(`${world.emulator.url}/things`);
    expect(world.emulator.strays).toEqual([
      "POST /things/{name}: the request at / must NOT have additional properties (more)",
      "POST /things/{name}: the request at /name must be string",
      "POST /things/{name}: the request has no body",
      ...[0, 1, 2].map((index) => `GET /things 200: the answer at /${index} must be string`),
    ]);
    await rm(folder, { recursive: true });
  });
});

const API = {
  openapi: "3.0.3",
  paths: {
    "/things": {
      get: {
        responses: {
          "200": { content: { "application/json": { schema: { type: "array", items: { type: "string" } } } } },
        },
      },
    },
    "/things/{name}": {
      post: {
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/a~1b" } } },
        },
        responses: { "2XX": { $ref: "#/components/responses/made" } },
      },
    },
  },
  components: {
    schemas: {
      "a/b": { type: "object", properties: { name: { type: "string" } }, additionalProperties: false },
    },
    responses: { made: { content: { "application/json": { schema: { type: "object", required: ["count"] } } } } },
  },
};

describe("how vendors count", () => {
  it("refills a bucket evenly", () => {
    const bucket = new TokenBucket({ size: 2, perMinute: 60 });
    expect([bucket.take(0), bucket.take(0), bucket.take(999), bucket.take(1_000), bucket.left(60_000)]).toEqual([
      1,
      0,
      undefined,
      0,
      2,
    ]);
  });

  it("counts in windows", () => {
    const window = new FixedWindow({ size: 1, windowMs: 1_000 });
    expect([window.take(100), window.take(600), window.take(1_100)]).toEqual([
      { left: 0, resetMs: 1_000 },
      { left: -1, resetMs: 500 },
      { left: 0, resetMs: 1_000 },
    ]);
  });
});
