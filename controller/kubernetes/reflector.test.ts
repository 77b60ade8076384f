import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { THINGS_AT } from "./cluster.fixture.ts";
import type { FakeWatch } from "./fake-watch.fixture.ts";
import { Stage } from "./reflector.fixture.ts";

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});

afterEach(async () => {
  const { wrong } = stage.consumer;
  await stage[Symbol.asyncDispose]();
  if (wrong.length > 0) throw new Error(wrong.join("; "));
});

function fill(count: number): void {
  for (let index = 0; index < count; index += 1) stage.put(`a/${String(index).padStart(4, "0")}`);
}

const first = (): FakeWatch | undefined => [...stage.fake.watches][0];
const isWatch = ({ watch }: { watch: boolean }): boolean => watch;

describe("a list", () => {
  it("comes in pages, of which only the last one is whole", async () => {
    fill(1_200);
    await stage.start().hasSynced;
    expect(stage.consumer.batches.map(({ keys, whole }) => [keys.length, whole])).toEqual([
      [500, false],
      [500, false],
      [200, true],
    ]);
    expect(stage.fake.lists().map(({ query }) => query.get("limit"))).toEqual(["500", "500", "500"]);
    expect(stage.isEqual()).toBe(true);
    expect(stage.reflector.known.size).toBe(1_200);
  });

  it("of nothing is whole too", async () => {
    await stage.start().hasSynced;
    expect(stage.consumer.batches).toEqual([{ keys: [], whole: true }]);
  });

  it("waits for the consumer before it reads on", async () => {
    fill(600);
    const busy = Promise.withResolvers<void>();
    stage.consumer.before = () => busy.promise;
    const { hasSynced } = stage.start();
    while (stage.consumer.running === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(stage.fake.lists()).toHaveLength(1);
    busy.resolve();
    await hasSynced;
    expect(stage.fake.lists()).toHaveLength(2);
  });

  it("begins anew when its pages expired, and misses no deletion in between", async () => {
    fill(1_200);
    stage.consumer.before = async () => {
      stage.consumer.before = () => Promise.resolve();
      stage.remove("a/0001");
      stage.fake.store.expireTokens();
    };
    await stage.start().hasSynced;
    expect(stage.isEqual()).toBe(true);
    expect(stage.consumer.deleted).toHaveLength(1);
    expect(stage.reflector.metrics().restarts.gone).toBe(1);
    expect(stage.fake.lists().map(({ query }) => query.has("continue"))).toEqual([false, true, false, true, true]);
  });

  it.each([
    ["breaks off", { reset: 500 }],
    ["stops within its answer", { stall: 500 }],
    ["never answers", { stall: 0 }],
    ["says garbage", { say: "%%%" }],
    ["says something else", { say: '{"kind":"Status"}' }],
    ["has an item that is no object", { say: '{"metadata":{"resourceVersion":"1"},"items":[{}]}' }],
    ["is refused", { status: 403, reason: "Forbidden" }],
    ["fails", { status: 500, reason: "InternalError" }],
  ])("that %s on its second page begins anew, and is reported", async (_, fault) => {
    fill(1_200);
    stage.fake.fault = () => (stage.fake.lists().length === 2 ? fault : undefined);
    const { client } = stage;
    const hasty = {
      ...client,
      send: client.send.bind(client),
      watch: client.watch.bind(client),
      server: "",
      namespace: "",
    };
    hasty.send = (request, signal) => client.send({ ...request, timeoutMs: 2_000 }, signal);
    await stage.start({ client: { ...hasty, [Symbol.asyncDispose]: () => Promise.resolve() } }).hasSynced;
    expect(stage.isEqual()).toBe(true);
    expect(stage.troubles.map(({ during, retryInMs }) => [during, retryInMs])).toEqual([["list", 400]]);
    expect(stage.fake.lists()).toHaveLength(5);
  });

  it("that is slow is waited for", async () => {
    fill(3);
    const slow = Promise.withResolvers<void>();
    stage.fake.fault = () => ({ after: slow.promise });
    const { hasSynced } = stage.start();
    await stage.fake.until(({ asked }) => asked.length === 1);
    slow.resolve();
    await hasSynced;
    expect(stage.troubles).toEqual([]);
  });

  it("asks for smaller pages when one is too large to be read", async () => {
    fill(600);
    stage.fake.fault = () => (stage.fake.lists().length === 1 ? { say: " ".repeat(65 * 1_024 * 1_024) } : undefined);
    await stage.start().hasSynced;
    expect(stage.fake.lists().map(({ query }) => query.get("limit"))).toEqual(["500", "250", "250", "250"]);
  });

  it("is of one namespace and one label when that is asked for", async () => {
    stage.put("a/x");
    stage.put("b/y");
    await stage.following({ namespace: "b", labelSelector: "team=b" });
    expect([...stage.consumer.view.keys()]).toEqual(["b/y"]);
    expect(stage.fake.asked.map(({ query }) => query.get("labelSelector"))).toEqual(["team=b", "team=b"]);
  });

  it("that is stopped in its midst leaves no socket, and nothing starts again", async () => {
    fill(3);
    stage.fake.fault = () => ({ stall: 100 });
    const { hasSynced, done } = stage.start();
    await stage.fake.until(({ asked }) => asked.length === 1);
    stage.stop.abort(new Error("enough"));
    await expect(hasSynced).rejects.toThrow("enough");
    await done;
    await stage.fake.until(({ sockets }) => sockets.size === 0);
    stage.clock.advance(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.fake.asked).toHaveLength(1);
    expect(stage.clock.sleeping()).toEqual([]);
    expect(stage.troubles).toEqual([]);
  });
});

describe("a watch", () => {
  it("begins where the list ended, asks for bookmarks, and brings what changes", async () => {
    stage.put("a/x");
    await stage.following();
    stage.put("a/x", { spec: 1 });
    stage.put("a/y");
    stage.remove("a/x");
    await stage.converged();
    const [watch] = stage.fake.asked.filter(isWatch);
    expect(watch?.query.get("resourceVersion")).toBe("101");
    expect(watch?.query.get("allowWatchBookmarks")).toBe("true");
    expect(Number(watch?.query.get("timeoutSeconds"))).toBe(300);
    expect(stage.reflector.metrics()).toMatchObject({ lists: 1, watches: 1, lastEventAt: stage.clock.now() });
  });

  it("lasts at most ten minutes", async () => {
    await stage.following({ random: () => 0.9999 });
    expect(stage.fake.asked.filter(isWatch)[0]?.query.get("timeoutSeconds")).toBe("600");
  });

  it("that the server ends goes on from the last bookmark, without a list", async () => {
    stage.put("a/x");
    await stage.following();
    stage.fake.store.revision += 50;
    first()?.bookmark();
    stage.clock.advance(300_000);
    first()?.end();
    await stage.fake.until(({ asked }) => asked.filter(isWatch).length === 2);
    stage.put("a/y");
    await stage.converged();
    expect(stage.fake.asked.filter(isWatch)[1]?.query.get("resourceVersion")).toBe("151");
    expect(stage.reflector.metrics()).toMatchObject({ lists: 1, restarts: { ended: 1, broken: 0 } });
    expect(stage.troubles).toEqual([]);
    expect(stage.clock.skipped).toEqual([]);
  });

  it("that the server ends at once is not begun again at once", async () => {
    await stage.following();
    first()?.end();
    await stage.fake.until(({ asked }) => asked.filter(isWatch).length === 2);
    expect(stage.clock.skipped).toEqual([400]);
  });

  it.each([
    ["breaks", "broken", () => first()?.reset()],
    ["ends within a line", "broken", () => (first()?.say('{"type":"ADD'), first()?.end())],
    ["says garbage", "broken", () => first()?.say("%%%\n")],
    ["says that it cannot go on", "refused", () => first()?.error(500, "InternalError")],
  ] as const)("that %s goes on where it was, and is reported", async (_, reason, fail) => {
    stage.put("a/x");
    await stage.following();
    fail();
    stage.put("a/y");
    stage.remove("a/x");
    await stage.converged();
    expect(stage.reflector.metrics()).toMatchObject({ lists: 1, restarts: { [reason]: 1 } });
    expect(stage.troubles.map(({ during }) => during)).toEqual(["watch"]);
  });

  it.each(["status", "event"] as const)(
    "whose beginning is forgotten, told by its %s, begins with a list that misses no deletion",
    async (how) => {
      stage.fake.goneAs = how;
      for (const key of ["a/same", "a/changed", "a/gone", "a/again"]) stage.put(key);
      await stage.following();
      const uid = stage.consumer.view.get("a/again")?.uid;
      stage.fake.fault = () => ({ reset: 0 });
      first()?.reset();
      stage.remove("a/gone");
      stage.remove("a/again");
      stage.put("a/again");
      stage.put("a/changed", { spec: 1 });
      stage.put("a/new");
      stage.remove("a/new");
      stage.fake.store.compact();
      stage.fake.fault = () => undefined;
      await stage.converged();
      const last = stage.consumer.batches.at(-1);
      expect(last?.whole).toBe(true);
      expect([...(last?.keys ?? [])].sort()).toEqual(["-a/again", "-a/gone", "a/again", "a/changed"]);
      expect(last?.keys.indexOf("-a/again")).toBeLessThan(last?.keys.indexOf("a/again") ?? 0);
      expect(stage.consumer.deleted).toContain(uid);
      expect(stage.reflector.metrics()).toMatchObject({ lists: 2, restarts: { gone: 1 } });
    },
  );

  it("that falls silent is given up a while after it was to end", async () => {
    await stage.following();
    first()?.silence();
    stage.put("a/x");
    stage.clock.advance(329_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.fake.watches.size).toBe(1);
    stage.clock.advance(1);
    await stage.converged();
    expect(stage.reflector.metrics().restarts.silent).toBe(1);
    expect(stage.troubles[0]?.error).toMatchObject({ code: "SILENT" });
    await stage.fake.until(({ watches }) => watches.size === 1);
  });

  it("is not taken for silent while it says anything, or the consumer is busy", async () => {
    await stage.following();
    for (let count = 0; count < 5; count += 1) {
      stage.put("a/x", { spec: count });
      await stage.converged();
      stage.clock.advance(300_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stage.reflector.metrics().restarts.silent).toBe(0);
  });

  it("is followed by a list when the server was restored from a backup", async () => {
    for (const key of ["a/x", "a/y", "a/z"]) stage.put(key);
    await stage.following();
    stage.fake.store.restore(50, ({ metadata }) => metadata.name !== "z");
    first()?.reset();
    await stage.converged();
    expect([...stage.consumer.view.keys()]).toEqual(["a/x", "a/y"]);
    expect(stage.reflector.metrics().restarts).toMatchObject({ rewound: 1 });
  });

  it("that is stopped leaves no socket, and nothing starts again", async () => {
    await stage.following();
    const asked = stage.fake.asked.length;
    stage.stop.abort(new Error("enough"));
    await stage.reflector.done;
    await stage.reflector.hasSynced;
    stage.clock.advance(3_600_000);
    stage.put("a/x");
    await stage.fake.until(({ watches }) => watches.size === 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stage.fake.asked).toHaveLength(asked);
    expect(stage.clock.sleeping()).toEqual([]);
    expect(stage.troubles).toEqual([]);
    expect(stage.consumer.view.size).toBe(0);
  });

  it("survives an API server that is killed and comes back", async () => {
    for (const key of ["a/x", "a/y"]) stage.put(key);
    await stage.following();
    await stage.fake.stop();
    stage.remove("a/x");
    stage.put("a/z");
    stage.fake.store.compact();
    await stage.fake.start();
    await stage.converged();
    expect([...stage.consumer.view.keys()].sort()).toEqual(["a/y", "a/z"]);
  });

  it("whose beginning is forgotten is followed by a list at once, and by another one only after a while", async () => {
    await stage.following();
    stage.clock.advance(30_000);
    first()?.error(410, "Expired");
    await stage.fake.until(({ asked }) => asked.filter(isWatch).length === 2);
    expect(stage.clock.skipped).toEqual([0]);
    await stage.fake.until(({ watches }) => watches.size === 1);
    first()?.error(410, "Expired");
    await stage.fake.until(({ asked }) => asked.filter(isWatch).length === 3);
    expect(stage.clock.skipped).toEqual([0, 400]);
    expect(stage.reflector.metrics().lists).toBe(3);
  });

  it("waits longer after each failure, up to half a minute, and begins anew after two healthy minutes", async () => {
    await stage.following();
    stage.fake.fault = ({ watch }) =>
      watch && stage.fake.asked.filter(isWatch).length <= 9 ? { status: 500 } : undefined;
    first()?.reset();
    await stage.fake.until(({ asked, watches }) => asked.filter(isWatch).length === 10 && watches.size === 1);
    expect(stage.clock.skipped).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000, 15_000]);
    stage.clock.advance(120_000);
    first()?.reset();
    await stage.fake.until(({ asked }) => asked.filter(isWatch).length === 11);
    expect(stage.clock.skipped.at(-1)).toBe(400);
  });
});

describe("a consumer", () => {
  it("that fails is given the same batch until it succeeds, and then what came meanwhile", async () => {
    await stage.following();
    const tried: string[][] = [];
    stage.consumer.before = async (changes) => {
      tried.push(changes.map(({ key, object }) => `${object ? "" : "-"}${key}`));
      if (tried.length === 1) stage.remove("a/x");
      if (tried.length < 4) throw new Error("the database is away");
    };
    stage.put("a/x");
    stage.put("a/y");
    await stage.consumer.until(() => stage.consumer.deleted.length === 1);
    expect(tried).toEqual([["a/x", "a/y"], ["a/x", "a/y"], ["a/x", "a/y"], ["a/x", "a/y"], ["-a/x"]]);
    expect(stage.troubles.map(({ during, retryInMs }) => [during, retryInMs])).toEqual([
      ["apply", 400],
      ["apply", 800],
      ["apply", 1_600],
    ]);
    expect(stage.isEqual()).toBe(true);
  });

  it("that is busy is brought only the last state of what changed meanwhile, and nothing of what came and went", async () => {
    await stage.following();
    const busy = Promise.withResolvers<void>();
    stage.consumer.before = () => busy.promise;
    stage.put("a/first");
    await started();
    for (let count = 0; count < 50; count += 1) stage.put("a/x", { spec: count });
    stage.put("a/brief");
    stage.remove("a/brief");
    stage.put("a/last");
    await seen();
    busy.resolve();
    await stage.converged();
    expect(stage.consumer.batches.at(-1)?.keys).toEqual(["a/x", "a/last"]);
  });

  it("that is busy for long keeps no more than five hundred objects waiting, and gets all of them", async () => {
    await stage.following();
    const busy = Promise.withResolvers<void>();
    stage.consumer.before = () => busy.promise;
    stage.put("a/first");
    await started();
    fill(2_000);
    await seen();
    stage.clock.advance(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    busy.resolve();
    await stage.converged();
    expect(Math.max(...stage.consumer.batches.map(({ keys }) => keys.length))).toBeLessThanOrEqual(500);
    expect(stage.reflector.metrics().restarts.silent).toBe(0);
  });

  it("that is at work when all is stopped is waited for, and is brought nothing more", async () => {
    await stage.following();
    const busy = Promise.withResolvers<void>();
    stage.consumer.before = () => busy.promise;
    stage.put("a/x");
    await started();
    stage.put("a/y");
    await seen();
    stage.stop.abort(new Error("enough"));
    await stage.fake.until(({ watches }) => watches.size === 0);
    let ended = false;
    void stage.reflector.done.then(() => (ended = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    busy.resolve();
    await stage.reflector.done;
    expect([...stage.consumer.view.keys()]).toEqual(["a/x"]);
  });

  it("may report trouble badly", async () => {
    await stage.start({
      onTrouble: () => {
        throw new Error("no");
      },
    }).hasSynced;
    await stage.fake.until(({ watches }) => watches.size === 1);
    first()?.reset();
    stage.put("a/x");
    await stage.converged();
    expect(stage.reflector.metrics().restarts.broken).toBe(1);
  });

  /** The batch that was last put is being applied. */
  async function started(): Promise<void> {
    while (stage.consumer.running === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What was written was read: the reflector has heard a bookmark after it, or reads no more. */
  async function seen(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(stage.fake.store.all(THINGS_AT).length).toBeGreaterThan(0);
  }
});
