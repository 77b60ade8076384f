import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "./clock.fixture.ts";
import type { ApiClient } from "./client.ts";
import { clientOf } from "./cluster.fixture.ts";
import { EventRecorder } from "./events.ts";
import type { EventText, Regarding } from "./events.ts";
import { FakeApiServer } from "./fake-api-server.fixture.ts";

const EVENTS_AT = "apis/events.k8s.io/v1/events";
const TEXT: EventText = { type: "Normal", reason: "Minted", action: "Mint", note: "A new key was made." };

let fake: FakeApiServer;
let client: ApiClient;
let clock: ManualClock;
let stop: AbortController;
let recorder: EventRecorder;
let made: number;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  client = await clientOf(fake.url);
  clock = new ManualClock(0);
  stop = new AbortController();
  made = 0;
  recorder = new EventRecorder({
    client,
    controller: "example.test/controller",
    instance: "pod-1",
    clock,
    random: () => (made += 1) / 2 ** 48,
    signal: stop.signal,
  });
});

afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

function thing(name: string, namespace: string | undefined = "a"): Regarding {
  const place = namespace === "" ? {} : { namespace };
  return { apiVersion: "example.test/v1", kind: "Thing", metadata: { name, ...place, uid: `uid-${name}` } };
}

const written = (): Record<string, unknown>[] => fake.store.all(EVENTS_AT);

describe("an event", () => {
  it("says what happened to which object, in the object's namespace", async () => {
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(written()).toHaveLength(1);
    expect(written()[0]).toMatchObject({
      metadata: { name: "x.000000000001", namespace: "a" },
      ...TEXT,
      eventTime: "2030-01-01T00:00:00.000000Z",
      regarding: { apiVersion: "example.test/v1", kind: "Thing", name: "x", namespace: "a", uid: "uid-x" },
      reportingController: "example.test/controller",
      reportingInstance: "pod-1",
    });
    expect(written()[0]).not.toHaveProperty("series");
    expect(recorder.metrics()).toEqual({ sent: 1, dropped: 0 });
  });

  it("about what has no namespace stands in the one named default", async () => {
    recorder.record(thing("x", ""), TEXT);
    await recorder.flush();
    expect(written()[0]).toMatchObject({ metadata: { namespace: "default" } });
    expect(written()[0]?.["regarding"]).not.toHaveProperty("namespace");
  });

  it("keeps a kibibyte of a note, on one line, never cut within a character", async () => {
    recorder.record(thing("x"), { ...TEXT, note: `a\n\u001B[31m${"€".repeat(1_000)}` });
    await recorder.flush();
    const note = String(written()[0]?.["note"]);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
    expect(Buffer.byteLength(note)).toBeGreaterThan(1_018);
    expect(note).toMatch(/^a \[31m€+…$/);
  });

  it("has a name that is one, however long the object's is", async () => {
    recorder.record(thing(`${"n".repeat(199)}.${"m".repeat(50)}`), TEXT);
    await recorder.flush();
    expect(written()[0]).toMatchObject({ metadata: { name: `${"n".repeat(199)}.000000000001` } });
  });
});

describe("the same event again", () => {
  it("within six minutes is counted, and is no other event", async () => {
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    clock.advance(360_000);
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(written()).toHaveLength(1);
    expect(written()[0]).toMatchObject({ series: { count: 2, lastObservedTime: "2030-01-01T00:06:00.000000Z" } });
    expect(fake.asked.map(({ method }) => method)).toEqual(["POST", "PATCH"]);
  });

  it("that comes while the first one waits is told with it", async () => {
    for (let count = 0; count < 5; count += 1) recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(fake.asked.length).toBeLessThanOrEqual(2);
    expect(written()[0]).toMatchObject({ series: { count: 5 } });
  });

  it("after more than six minutes is another one", async () => {
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    clock.advance(360_001);
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(written()).toHaveLength(2);
  });

  it.each([
    ["another object", thing("y"), TEXT],
    ["the object that took its name", { ...thing("x"), metadata: { ...thing("x").metadata, uid: "other" } }, TEXT],
    ["another reason", thing("x"), { ...TEXT, reason: "Revoked" }],
    ["another note", thing("x"), { ...TEXT, note: "Another one." }],
  ])("about %s is another one", async (_, regarding, text) => {
    recorder.record(thing("x"), TEXT);
    recorder.record(regarding, text);
    await recorder.flush();
    expect(written()).toHaveLength(2);
  });

  it("is made anew when the API server has forgotten the first one, and goes on counting", async () => {
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    fake.store.remove(EVENTS_AT, "a/x.000000000001");
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(written()).toHaveLength(1);
    expect(written()[0]).toMatchObject({ series: { count: 2 } });
  });
});

describe("an event that cannot be sent", () => {
  it("is dropped and counted while the API server is away, and nothing throws", async () => {
    await fake.stop();
    expect(() => recorder.record(thing("x"), TEXT)).not.toThrow();
    await recorder.flush();
    expect(recorder.metrics()).toEqual({ sent: 0, dropped: 1 });
    await fake.start();
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(written()[0]).toMatchObject({ series: { count: 2 } });
  });

  it.each([403, 422, 500])("is dropped when it is refused with %i, and not sent again", async (status) => {
    fake.fault = () => ({ status });
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(recorder.metrics()).toEqual({ sent: 0, dropped: 1 });
    expect(fake.asked).toHaveLength(1);
  });

  it("is dropped when too many are about one object; others are told, and it is again after a while", async () => {
    for (let count = 0; count < 40; count += 1) recorder.record(thing("x"), { ...TEXT, note: `Number ${count}.` });
    recorder.record(thing("y"), TEXT);
    await recorder.flush();
    expect(recorder.metrics()).toEqual({ sent: 26, dropped: 15 });
    clock.advance(30_000);
    recorder.record(thing("x"), TEXT);
    recorder.record(thing("x"), { ...TEXT, note: "Too early." });
    await recorder.flush();
    expect(recorder.metrics()).toEqual({ sent: 27, dropped: 16 });
  });

  it("is dropped when too many wait", async () => {
    const slow = Promise.withResolvers<void>();
    fake.fault = () => ({ after: slow.promise });
    for (let count = 0; count < 300; count += 1) recorder.record(thing(`x${count}`), TEXT);
    slow.resolve();
    await recorder.flush();
    expect(recorder.metrics().dropped).toBeGreaterThanOrEqual(43);
    expect(recorder.metrics().sent + recorder.metrics().dropped).toBe(300);
  });

  it("is dropped after the end", async () => {
    stop.abort();
    recorder.record(thing("x"), TEXT);
    await recorder.flush();
    expect(recorder.metrics()).toEqual({ sent: 0, dropped: 1 });
    expect(fake.asked).toEqual([]);
  });
});
