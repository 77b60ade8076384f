import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { layer as stale } from "../layers/c.ts";
import { layer as random } from "../layers/d.ts";
import { SERVER_VARIABLE } from "../server.ts";
import type { SimRunner } from "./runner.ts";
import { openRunner } from "./runner.ts";
import { scheduleOf, scheduleText } from "./schedule.ts";

/** One for each way in which order could hang on chance: time-outs, parallel writes, two replicas, sealed values. */
const DETERMINISTIC = [
  "A markable/3xblind rotate die issuer.mint:flight:1+40s",
  "A re-readable/3xslow abort-distributing die sink.write:after:2",
  "A manual/1xcas rotate",
  "C unmarked/1xblind rotate pause sink.write:flight:1 until@b sink.write:before:2",
  "D native-grace-all/3xslow rotate fault=hang+45s sink.write:2 fault=twice+20s issuer.revoke:1 jump=10m issuer.mint:after:1 request wait:before:1",
  "D client-supplied/3xblind approve outage=-1 issuer.mint:after:1 die@b sink.write:after:2 edit sink.write:before:1",
];

let runner: SimRunner;

beforeAll(async () => {
  process.env[SERVER_VARIABLE] = JSON.stringify(inject("postgres"));
  runner = await openRunner();
});
afterAll(async () => runner[Symbol.asyncDispose]());

async function historyOf(text: string, teller = runner): Promise<string> {
  const { history, labels } = await teller.run(text);
  return `${history()}\n${[...labels].join(" ")}`;
}

describe("a schedule", () => {
  it("is the same again when its text is read", async () => {
    const texts = [...DETERMINISTIC, ...(await firstOf(random, 50)), ...(await firstOf(stale, 20))];
    expect(texts.map((text) => scheduleText(scheduleOf(text)))).toEqual(texts);
  });

  it.each([
    "nonsense",
    "A markable/1xcas rotate dance issuer.mint:before:1",
    "A markable/1xcas rotate die issuer.mint",
  ])("that nobody can tell is refused: %s", async (text) => {
    await expect(runner.run(text)).rejects.toThrow(/not a|no setup/);
  });

  it.each(DETERMINISTIC)("has one history, whenever and wherever it is told: %s", async (text) => {
    const first = await historyOf(text);
    await runner.run("A client-supplied/1xcas rotate");
    expect(await historyOf(text)).toBe(first);
    await using other = await openRunner();
    expect(await historyOf(text, other)).toBe(first);
  });
});

describe("a telling", () => {
  it("lasts a day in no time", async () => {
    const begun = performance.now();
    const history = await historyOf("A client-supplied/1xcas rotate");
    expect(history).toMatch(/\+86400\.000s a: issuer\.destroy key@0/);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it("is told so that a person can follow it", async () => {
    const history = await historyOf("A client-supplied/1xcas rotate die issuer.mint:after:1");
    expect(history).toMatch(/a: die issuer\.mint:after:1\n/);
    expect(history).toMatch(/b: sink\.write app/);
    expect(history).toMatch(/at rest: r1 is done/);
  });

  it("leaves nothing that the next one comes upon", async () => {
    const stopped = await runner.run("A native-grace-last/1xcas rotate die issuer.mint:after:1");
    expect(stopped.history()).toMatch(/at rest: r1 is minting GraceWouldEnd/);
    expect(await historyOf("A markable/1xcas rotate")).not.toMatch(/service-token/);
  });
});

async function firstOf(layer: typeof random, count: number): Promise<string[]> {
  const found: string[] = [];
  for await (const text of layer.schedules({ seed: 7, schedules: count, shard: 0, shards: 1 })) found.push(text);
  return found;
}
