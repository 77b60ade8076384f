import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fault } from "./fake-api-server.fixture.ts";
import type { FakeWatch } from "./fake-watch.fixture.ts";
import { Stage } from "./reflector.fixture.ts";

const RUNS = 150;

type Step = (stage: Stage) => void | Promise<void>;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const key = fc.constantFrom("a/1", "a/2", "a/3", "b/1", "b/2");
const count = fc.integer({ min: 1, max: 3 });

/** Named, so that a storm that was not survived can be read. */
function named(name: string, step: Step): Step {
  return Object.assign(step, { [fc.toStringMethod]: () => name });
}

/** The next requests go wrong. */
function failing(times: number, fault: Fault): Step {
  return ({ fake }) => {
    let left = times;
    fake.fault = () => ((left -= 1) >= 0 ? fault : undefined);
  };
}

const writes = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(key, fc.nat(9))
      .map(([at, spec]) => named(`put ${at} ${spec}`, (stage) => stage.put(at, { spec }))),
  },
  { weight: 2, arbitrary: key.map((at) => named(`remove ${at}`, (stage) => stage.remove(at))) },
  {
    weight: 2,
    arbitrary: key.map((at) =>
      named(`recreate ${at}`, (stage) => {
        stage.remove(at);
        stage.put(at);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 700 }).map((size) =>
      named(`fill ${size}`, (stage) => {
        for (let index = 0; index < size; index += 1) stage.put(`f/${index}`);
      }),
    ),
  },
);

const AT_WATCHES: Readonly<Record<string, (watch: FakeWatch) => void>> = {
  reset: (watch) => watch.reset(),
  end: (watch) => watch.end(),
  error: (watch) => watch.error(500, "InternalError"),
  gone: (watch) => watch.error(410, "Expired"),
  silence: (watch) => watch.silence(),
  half: (watch) => watch.say('{"type":"ADDED","object":{"ki'),
  garbage: (watch) => watch.say("%%%\n"),
  bookmark: (watch) => watch.bookmark(),
};

const atWatches = fc
  .constantFrom(...Object.entries(AT_WATCHES))
  .map(([name, hit]) => named(name, ({ fake }) => fake.watches.forEach((watch) => hit(watch))));

const atServer = fc.oneof(
  fc.constant(named("compact", ({ fake }) => fake.store.compact())),
  fc.constant(named("expire", ({ fake }) => fake.store.expireTokens())),
  fc.constant(
    named("restart", async ({ fake }) => {
      await fake.stop();
      await turn();
      await fake.start();
    }),
  ),
  fc
    .tuple(count, fc.constantFrom(403, 410, 429, 500, 503))
    .map(([times, status]) =>
      named(`refuse ${times} with ${status}`, failing(times, { status, headers: { "retry-after": "1" } })),
    ),
  fc
    .tuple(count, fc.constantFrom(0, 30))
    .map(([times, reset]) => named(`break ${times} after ${reset}`, failing(times, { reset }))),
);

const atConsumer = count.map((times) =>
  named(`fail ${times}`, ({ consumer }) => {
    let left = times;
    consumer.before = () => ((left -= 1) >= 0 ? Promise.reject(new Error("no")) : turn());
  }),
);

const pause = fc.integer({ min: 1, max: 20 }).map((turns) =>
  named(`turn ${turns}`, async () => {
    for (let index = 0; index < turns; index += 1) await turn();
  }),
);

/** What can happen, in any order, while a reflector follows. */
const step = fc.oneof(
  { weight: 5, arbitrary: writes },
  { weight: 2, arbitrary: atWatches },
  { weight: 2, arbitrary: atServer },
  { weight: 1, arbitrary: atConsumer },
  { weight: 2, arbitrary: pause },
);

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
          for (const happen of steps) await happen(stage);
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
      // Each try of a storm that is not survived takes ten seconds: the first one is shown.
      { numRuns: RUNS, endOnFailure: true },
    );
    // A storm in which nothing went wrong would prove nothing.
    expect([...seen.restarts].sort()).toEqual(["broken", "ended", "gone", "refused", "silent"]);
    expect(seen.lists).toBeGreaterThan(RUNS);
  }, 120_000);
});
