import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "./clock.fixture.ts";
import { clientOf, THINGS_AT } from "./cluster.fixture.ts";
import { openComeback, type Comeback } from "./comeback.ts";
import { FakeApiServer } from "./fake-api-server.fixture.ts";
import { Stage } from "./reflector.fixture.ts";

/** The fake's `/readyz` says so in the way of an API server, which is no JSON. */
const READY = { say: "ok" } as const;
const LONG_MS = 30_000;
const never = new AbortController().signal;

let fake: FakeApiServer;
let comeback: Comeback;
let clock: ManualClock;
let isReady: boolean;
let cameBack: number;

beforeEach(async () => {
  fake = await FakeApiServer.start();
  // Its own questions take no time, and nothing else passes by itself.
  clock = new ManualClock(750);
  const client = await clientOf(fake.url, { token: "t" }, clock);
  [isReady, cameBack] = [true, 0];
  fake.fault = () => (isReady ? READY : { status: 503, reason: "ServiceUnavailable" });
  comeback = openComeback({ client, clock, random: () => 0, onReady: () => (cameBack += 1) });
  return async () => {
    await client[Symbol.asyncDispose]();
    await fake[Symbol.asyncDispose]();
  };
});

const questions = (): number => fake.asked.filter(({ path }) => path === "/readyz").length;

async function untilAsked(times: number): Promise<void> {
  await fake.until(() => questions() >= times);
}

describe("a pause until an API server is back", () => {
  it("ends for all who wait as soon as it says that it is ready, and one question is asked for all of them", async () => {
    isReady = false;
    const pauses = Array.from({ length: 20 }, async () => comeback.pause(LONG_MS, false, never));
    await untilAsked(5);
    isReady = true;
    await Promise.all(pauses);
    expect(cameBack).toBe(1);
    // 0.75 seconds lie between two of them, whatever the number of those who wait.
    expect(clock.monotonicMs()).toBe(questions() * 750);
  });

  it("ends at the first yes for who has seen it fail, and not for who has only failed again", async () => {
    const ended: string[] = [];
    const hopeful = comeback.pause(LONG_MS, true, never).then(() => ended.push("hopeful"));
    const stop = new AbortController();
    const other = comeback.pause(LONG_MS, false, stop.signal).then(
      () => ended.push("other"),
      () => ended.push("stopped"),
    );
    await hopeful;
    expect([ended, questions(), cameBack]).toEqual([["hopeful"], 1, 0]);
    stop.abort(new Error("enough"));
    await other;
    expect(ended).toEqual(["hopeful", "stopped"]);
  });

  it("asks nothing any more when nobody waits", async () => {
    isReady = false;
    const stop = new AbortController();
    const pause = comeback.pause(LONG_MS, true, stop.signal);
    await untilAsked(2);
    stop.abort(new Error("enough"));
    await expect(pause).rejects.toThrow("enough");
    const asked = questions();
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(questions()).toBeLessThanOrEqual(asked + 1);
    expect(clock.sleeping()).toEqual([]);
  });

  it("ends by itself where the question is not allowed", async () => {
    fake.fault = () => ({ status: 403, reason: "Forbidden" });
    const pause = comeback.pause(LONG_MS, true, never);
    await untilAsked(3);
    clock.advance(LONG_MS);
    await pause;
    expect(cameBack).toBe(0);
  });
});

describe("reflectors whose API server went away several times", () => {
  it("follow it again at its first yes, however often they had failed before", async () => {
    await using stage = await Stage.open();
    // Whatever a reflector rests is longer than what passes by itself: only the yes ends it.
    const back = openComeback({ client: stage.client, clock, random: () => 0 });
    stage.fake.fault = ({ path }) => (path === "/readyz" ? READY : undefined);
    stage.put("a/x");
    await stage.following({ clock, comeback: back, random: () => 0.999 });
    for (let round = 1; round <= 6; round += 1) {
      await stage.fake.stop();
      await stage.fake.start();
      stage.put("a/x", { spec: round });
      await stage.converged();
      await stage.fake.until(({ watches }) => watches.size === 1);
    }
    expect(stage.troubles.length).toBeGreaterThanOrEqual(6);
    expect(Math.max(...stage.troubles.map(({ retryInMs }) => retryInMs))).toBeGreaterThan(10_000);
    // Not even one of the longer ones.
    expect(clock.monotonicMs()).toBeLessThan(10_000);
  });

  it("are as soon back after an hour as after a minute, and miss no deletion that is forgotten by then", async () => {
    await using stage = await Stage.open();
    stage.fake.fault = ({ path }) => (path === "/readyz" ? READY : undefined);
    const hour = new ManualClock(LONG_MS);
    stage.put("a/x");
    stage.put("a/y");
    // Every pause passes at once: the server is away until the clock says that an hour is over.
    const pauses: number[] = [];
    await stage.following({ clock: hour, onTrouble: ({ retryInMs }) => void pauses.push(retryInMs) });
    await stage.fake.stop();
    while (hour.monotonicMs() < 3_600_000) await new Promise((resolve) => setImmediate(resolve));
    stage.remove("a/x");
    stage.fake.store.compact();
    const afterMs = hour.monotonicMs();
    await stage.fake.start();
    await stage.converged();
    expect(stage.consumer.deleted).toHaveLength(1);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
    expect(hour.monotonicMs() - afterMs).toBeLessThanOrEqual(2 * 30_000);
  });

  it("come back more and more seldom to one that is there and refuses them all the same", async () => {
    await using stage = await Stage.open();
    const back = openComeback({ client: stage.client, clock, random: () => 0 });
    stage.fake.fault = ({ path }) => (path === "/readyz" ? READY : { status: 500, reason: "InternalError" });
    stage.start({ clock, comeback: back, random: () => 0.999 });
    const lists = (): number => stage.fake.asked.filter(({ collection }) => collection === THINGS_AT).length;
    await stage.fake.until(() => lists() === 2);
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // The first pause ended early; the second one lasts.
    expect(lists()).toBe(2);
    expect(clock.sleeping()).toEqual([expect.closeTo(1_599 - 750, 0)]);
  });
});
