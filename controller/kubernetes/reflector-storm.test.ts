import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Stage } from "./reflector.fixture.ts";

/** What can happen, in any order, while a reflector follows. */
const key = fc.constantFrom("a/1", "a/2", "a/3", "b/1", "b/2");
const count = fc.integer({ min: 1, max: 3 });
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("put" as const), key, spec: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("remove" as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("recreate" as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fill" as const), count: fc.integer({ min: 1, max: 700 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "compact",
        "expire",
        "reset",
        "end",
        "error",
        "gone",
        "silence",
        "half",
        "garbage",
        "bookmark",
        "restart",
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("refuse" as const),
      status: fc.constantFrom(403, 410, 429, 500, 503),
      count,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("break" as const), bytes: fc.constantFrom(0, 30), count }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("fail" as const), count }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("turn" as const), count: fc.integer({ min: 1, max: 20 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

async function play(stage: Stage, happens: Step): Promise<void> {
  const { fake, consumer } = stage;
  let left = "count" in happens ? happens.count : 0;
  switch (happens.do) {
    case "put":
      return stage.put(happens.key, { spec: happens.spec });
    case "recreate":
      stage.remove(happens.key);
      return stage.put(happens.key);
    case "remove":
      return stage.remove(happens.key);
    case "fill":
      for (let index = 0; index < left; index += 1) stage.put(`f/${index}`);
      return;
    case "compact":
      return fake.store.compact();
    case "expire":
      return fake.store.expireTokens();
    case "restart":
      await fake.stop();
      await turn();
      return fake.start();
    case "refuse":
      fake.fault = () => (left-- > 0 ? { status: happens.status, headers: { "retry-after": "1" } } : undefined);
      return;
    case "break":
      fake.fault = () => (left-- > 0 ? { reset: happens.bytes } : undefined);
      return;
    case "fail":
      consumer.before = () => (left-- > 0 ? Promise.reject(new Error("no")) : turn());
      return;
    case "turn":
      while (left-- > 0) await turn();
      return;
    default:
      for (const watch of fake.watches) {
        if (happens.do === "reset") watch.reset();
        if (happens.do === "end") watch.end();
        if (happens.do === "error") watch.error(500, "InternalError");
        if (happens.do === "gone") watch.error(410, "Expired");
        if (happens.do === "silence") watch.silence();
        if (happens.do === "half") watch.say('{"type":"ADDED","object":{"ki');
        if (happens.do === "garbage") watch.say("%%%\n");
        if (happens.do === "bookmark") watch.bookmark();
      }
  }
}

/** Everything works again; a watch that says nothing is given up when its time has come. */
async function heal({ fake, clock, consumer }: Stage): Promise<void> {
  fake.fault = () => undefined;
  consumer.before = () => Promise.resolve();
  for (let count = 0; count < 10; count += 1) await turn();
  clock.advance(700_000);
}

describe("a reflector in a storm", () => {
  it("brings its consumer to what the server has at last, each change once, and no deletion missed", async () => {
    const seen = { lists: 0, restarts: new Set<string>() };
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 60 }),
        fc.constantFrom("status", "event"),
        async (steps, how) => {
          await using stage = await Stage.open();
          stage.fake.goneAs = how === "status" ? "status" : "event";
          stage.start();
          for (const happens of steps) await play(stage, happens);
          await heal(stage);
          await stage.converged();
          expect(stage.consumer.wrong).toEqual([]);
          const alive = new Set([...stage.consumer.view.values()].map(({ uid }) => uid));
          expect(stage.consumer.deleted.filter((uid) => alive.has(uid))).toEqual([]);
          expect(new Set(stage.consumer.deleted).size).toBe(stage.consumer.deleted.length);
          const { lists, restarts } = stage.reflector.metrics();
          seen.lists += lists;
          for (const [reason, times] of Object.entries(restarts)) if (times > 0) seen.restarts.add(reason);
        },
      ),
      { numRuns: 150 },
    );
    // A storm in which nothing went wrong would prove nothing.
    expect([...seen.restarts].sort()).toEqual(["broken", "ended", "gone", "refused", "silent"]);
    expect(seen.lists).toBeGreaterThan(150);
  }, 120_000);
});
