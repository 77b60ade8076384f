import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { testServer } from "../../support/postgres.ts";
import type { Result } from "../api.ts";
import { FLOWS } from "../flows.ts";
import { SERVER_VARIABLE } from "../server.ts";
import { enter, layer } from "./layer.ts";
import { scheduleOf, scheduleText } from "./schedule.ts";

const BLOWS = 200;
/** Some schedules are aborts, and of some the moment does not come again. */
const MOST_SCHEDULES = 400;
const LANES = 40;

beforeAll(() => {
  process.env[SERVER_VARIABLE] = JSON.stringify(testServer());
});

/** Lanes side by side, as `prove` runs them. */
async function tellUntil(enough: () => boolean, schedules: AsyncIterator<string>): Promise<Result[]> {
  const results: Result[] = [];
  const lane = async (): Promise<void> => {
    let runner: Awaited<ReturnType<typeof layer.open>> | undefined;
    while (!enough()) {
      const next = await schedules.next();
      if (next.done === true) break;
      runner ??= await layer.open();
      results.push(await runner.run(next.value));
    }
    await runner?.[Symbol.asyncDispose]();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("controllers that are really killed or frozen", () => {
  it(`keep every promise, wherever it happens: ${BLOWS} times`, { timeout: 600_000 }, async () => {
    const { world, leave } = await enter();
    const options = { seed: 1, schedules: MOST_SCHEDULES, shard: 0, shards: 1 };
    const schedules = layer.schedules(options) as AsyncIterable<string>;
    const enough = (): boolean => world.toll.kills + world.toll.freezes >= BLOWS;
    const iterator = schedules[Symbol.asyncIterator]();
    const results = await tellUntil(enough, iterator);
    await iterator.return?.();
    const { kills, freezes, aborts, missed } = world.toll;
    await leave();
    const broken = results.filter(({ violations }) => violations.length > 0);
    expect(broken.map(({ schedule, violations, story }) => ({ schedule, violations, story }))).toEqual([]);
    process.stderr.write(
      `${kills} killed, ${freezes} frozen, ${aborts} aborted, ${missed} whose moment did not come again\n`,
    );
    expect(kills + freezes).toBeGreaterThanOrEqual(BLOWS);
    // Stories come in turn.
    const flows = new Set(results.flatMap((result) => result.flows ?? []));
    expect([...flows].sort()).toEqual([...FLOWS].sort());
    expect(kills).toBeGreaterThan(150);
  });

  it("do not outlive whoever started them, not even frozen ones", { timeout: 60_000 }, async () => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL("./orphans.fixture.ts", import.meta.url))], {
      env: process.env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(parent.stdout.setEncoding("utf8"), "data")) as [string];
    const pids = JSON.parse(line) as number[];
    expect(pids.length).toBeGreaterThan(3);
    expect(pids.every(isAlive)).toBe(true);
    parent.kill("SIGKILL");
    const end = performance.now() + 30_000;
    while (pids.some(isAlive) && performance.now() < end) await delay(50);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe("a schedule of layer E", () => {
  it.each([
    "E markable/1xcas rotate undisturbed",
    "E markable/1xcas rotate kill issuer.mint:after:1",
    "E acceptors/3xmixed approve freeze sink.write:sent:12+1.5",
  ])("says as text all that there is to it: %s", (text) => {
    expect(scheduleText(scheduleOf(text))).toBe(text);
  });

  it.each(["", "A x y undisturbed", "E x y", "E x y kill issuer.mint:here:1", "E x y maim issuer.mint:after:1"])(
    "is not %j",
    (text) => {
      expect(() => scheduleOf(text)).toThrow("not a schedule of layer E");
    },
  );
});
