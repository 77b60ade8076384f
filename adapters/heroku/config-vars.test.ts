import { afterAll, describe, expect, it } from "vitest";
import type { Budget, WriteOrder } from "../contract.ts";
import { everything, failure } from "../conformance/wire.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { Secret } from "../secret.ts";
import { APP, never, newWorld, opened, type World } from "./bench.fixture.ts";

const CANARY = "cnry-7Gh2pLs9Wq4Xz0Rb";

const set = (values: Readonly<Record<string, string | null>>): WriteOrder => ({
  keys: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === null ? null : Secret.from(value)]),
  ),
});
const patches = ({ vendor }: World) => vendor.seen.filter(({ method }) => method === "PATCH").length;
const answer = (status: number, id: string) =>
  ({ kind: "answer", reply: { status, body: { id, message: CANARY } } }) as const;

afterAll(() => opened.splice(0));

describe("a write of config vars", () => {
  it("is one request, one release and one restart, whatever the number of keys", async () => {
    await using world = await newWorld();
    const before = world.vendor.newest(APP);
    const written = await world.sink().write(set({ A: "1", B: "2", C: "3" }), never);
    expect(written).toEqual({ changed: true, version: `v${before + 1}` });
    expect([patches(world), world.vendor.newest(APP)]).toEqual([1, before + 1]);
  });

  it("sends nothing where the app holds it already, even where Heroku would release for it", async () => {
    await using world = await newWorld();
    world.vendor.changeApp(APP, { sameValueReleases: true });
    const first = await world.sink().write(set({ A: "1" }), never);
    expect(await world.sink().write(set({ A: "1", GONE: null }), never)).toEqual({ ...first, changed: false });
    expect(patches(world)).toBe(1);
  });

  it("removes what is there, and does not mention what is not", async () => {
    await using world = await newWorld();
    world.vendor.plant(APP, { OLD: "1", FOREIGN: "2" });
    await world.sink().write(set({ A: "1", OLD: null, GONE: null }), never);
    expect(world.vendor.peek(APP)).toEqual({ FOREIGN: "2", A: "1" });
    expect(world.vendor.log.filter((line) => line.includes("GONE"))).toEqual([]);
  });

  it("refuses keys that an add-on owns, and changes nothing", async () => {
    await using world = await newWorld();
    world.vendor.makeDatabase("db", {}, [{ app: APP, key: "DATABASE_URL", credential: "default" }]);
    const before = world.vendor.peek(APP);
    const error = await failure(world.sink().write(set({ DATABASE_URL: CANARY, OTHER: "1" }), never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "KeyOwnedByAddOn", facts: { status: 422, code: "invalid_params" } });
    expect(everything(error)).not.toContain(CANARY);
    expect(world.vendor.peek(APP)).toEqual(before);
  });

  it.each(["HEROKU_X", "__X", "A-B", "A B", "", "\u00c4"])(
    "refuses the name %j before anything is sent",
    async (name) => {
      await using world = await newWorld();
      const error = await failure(world.sink().write(set({ [name]: "1" }), never));
      expect(error).toMatchObject({ name: "Terminal", reason: "KeyNameInvalid" });
      expect(world.vendor.seen).toEqual([]);
    },
  );

  it.each([
    ["no UTF-8", Uint8Array.from([0xff, 0xfe])],
    ["a NUL", "a\0b"],
  ])("refuses a value that is or has %s", async (_, value) => {
    await using world = await newWorld();
    const error = await failure(world.sink().write({ keys: { A: Secret.from(value) } }, never));
    expect(error).toMatchObject({ name: "Terminal", reason: "ValueNotRepresentable" });
    expect(world.vendor.seen).toEqual([]);
  });

  it("is refused where all config vars together are too large", async () => {
    await using world = await newWorld({ mostBytes: 100 });
    const error = await failure(world.sink().write(set({ A: CANARY.repeat(10) }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "ConfigVarRefused" });
    expect(everything(error)).not.toContain(CANARY);
  });

  it.each([
    [{ kind: "reset-after" } as const, "ConnectionLost"],
    [{ kind: "hang", landsAfterMs: 5_000 } as const, "AnswerTimeout"],
    [answer(503, "unavailable"), "VendorUnavailable"],
  ])("whose outcome is unknown is the same when it is tried again: %j", async (mishap, reason) => {
    await using world = await newWorld();
    world.vendor.set({ method: "PATCH", mishap });
    const sink = world.sink(APP, { config: { timeout: "200ms" } });
    const error = await failure(sink.write(set({ A: CANARY }), never));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(error).toMatchObject({ reason });
    expect(everything(error)).not.toContain(CANARY);
    await sink.write(set({ A: CANARY }), never);
    world.time.ms += 5_000;
    world.vendor.elapse();
    expect(world.vendor.peek(APP)).toEqual({ A: CANARY });
    expect((await sink.write(set({ A: CANARY }), never)).changed).toBe(false);
  });

  it("is not known to be without effect where its release cannot be found afterwards", async () => {
    await using world = await newWorld();
    world.vendor.set({ path: /releases$/, after: 1, mishap: answer(503, "unavailable") });
    const error = await failure(world.sink().write(set({ A: "1" }), never));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    const list = { status: 200, body: [] };
    world.vendor.set({ path: /releases$/, after: 1, mishap: { kind: "answer", reply: list } });
    expect(await failure(world.sink().write(set({ A: "2" }), never))).toMatchObject({
      name: "OutcomeUnknown",
      reason: "ReleaseNotSeen",
    });
  });

  it("finds its own release among others, on whatever page it is", async () => {
    await using world = await newWorld();
    const sink = world.sink();
    const written = await sink.write(set({ A: "1" }), never);
    for (let count = 0; count < 45; count += 1) world.vendor.release(APP, "Deploy 0123abc");
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
    world.vendor.set({ method: "PATCH", mishap: { kind: "twice", landsAfterMs: 1 } });
    expect(await sink.write(set({ B: "2" }), never)).toEqual({
      changed: true,
      version: `v${world.vendor.newest(APP)}`,
    });
  });

  it("takes no later release of somebody else for its own", async () => {
    await using world = await newWorld();
    const release = { status: "succeeded", current: false, created_at: "2026-11-27T00:00:00Z" };
    const body = [
      { ...release, version: 6, description: "Deploy 0123abc" },
      { ...release, version: 5, description: "Set AB, OTHER config vars" },
      { ...release, version: 4, description: "Set X, A config vars" },
      { ...release, version: 2, description: "Set A config vars" },
    ];
    world.vendor.set({ path: /releases$/, after: 1, mishap: { kind: "answer", reply: { status: 200, body } } });
    expect(await world.sink().write(set({ A: "1" }), never)).toEqual({ changed: true, version: "v4" });
  });

  it("stops at the limit without effect, rests a minute, and tells everybody", async () => {
    await using world = await newWorld({ bucket: { size: 4, perMinute: 75 } });
    await world.sink().observe(["A"], never);
    const blocked: number[] = [];
    const budget: Budget = { enter: async () => ({ [Symbol.dispose]: () => {} }), block: (ms) => blocked.push(ms) };
    const error = await failure(world.sink(APP, { budget }).write(set({ A: CANARY }), never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "RateLimited", retryAfterMs: 60_000, facts: { code: "rate_limit" } });
    expect(blocked).toEqual([60_000]);
    expect(world.vendor.peek(APP)).toEqual({});
    world.time.ms += 60_000;
    expect((await world.sink().write(set({ A: CANARY }), never)).changed).toBe(true);
  });

  it("says which app is gone, and what a token may not do", async () => {
    await using world = await newWorld();
    const narrow = world.vendor.authorize({ scope: ["read"] });
    const refused = await failure(world.sink(APP, { token: narrow.token }).observe(["A"], never));
    expect(refused).toMatchObject({ name: "Terminal", reason: "AccountForbidden" });
    const readable = world.vendor.authorize({ scope: ["read-protected"] });
    const sink = world.sink(APP, { token: readable.token });
    expect((await sink.observe(["A"], never)).keys).toEqual({ A: { present: false } });
    expect(await failure(sink.write(set({ A: "1" }), never))).toMatchObject({ reason: "AccountForbidden" });
    world.vendor.dropApp(APP);
    const gone = world.sink();
    for (const work of [
      gone.observe(["A"], never),
      gone.write(set({ A: "1" }), never),
      gone.settle({ changed: true, version: "v3" }, never),
    ]) {
      expect(await failure(work)).toMatchObject({ name: "Terminal", reason: "TargetGone" });
    }
  });

  it("is not done by an account that is declared for other uses", async () => {
    await using world = await newWorld();
    const sink = world.sink(APP, { config: { uses: ["authorization"] } });
    expect(await failure(sink.write(set({ A: "1" }), never))).toMatchObject({ reason: "UseNotDeclared" });
  });
});

describe("a release phase", () => {
  it("hides the new values until it succeeds, and nothing is written over it", async () => {
    await using world = await newWorld();
    world.vendor.plant(APP, { A: "old" });
    world.vendor.changeApp(APP, { releaseMs: 60_000 });
    const sink = world.sink();
    const before = await sink.observe(["A"], never);
    const written = await sink.write(set({ A: "new" }), never);
    expect(await sink.observe(["A"], never)).toEqual(before);
    expect(before.keys["A"]?.value?.reveal()).toBe("old");
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending", retryAfterMs: 10_000 });
    const again = await failure(sink.write(set({ A: "new" }), never));
    expect(again).toMatchObject({ name: "Transient", reason: "ReleasePending" });
    expect(patches(world)).toBe(1);
    world.time.ms += 60_000;
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
    expect(await sink.write(set({ A: "new" }), never)).toEqual({ version: written.version, changed: false });
  });

  it("that fails fails the settling: the new value never reached the dynos", async () => {
    await using world = await newWorld();
    world.vendor.plant(APP, { A: "old" });
    world.vendor.changeApp(APP, { releaseMs: 60_000, releaseFails: true });
    const sink = world.sink();
    const written = await sink.write(set({ A: CANARY }), never);
    world.time.ms += 60_000;
    const settled = await sink.settle(written, never);
    expect(settled).toMatchObject({ state: "failed", reason: "ReleaseFailed" });
    expect(everything(settled)).not.toContain(CANARY);
    const seen = await sink.observe(["A"], never);
    expect([seen.version, seen.keys["A"]?.value?.reveal()]).toEqual(["v3", "old"]);
    expect(await sink.settle({ changed: true }, never)).toEqual({ state: "settled" });
    world.vendor.changeApp(APP, {});
    const again = await sink.write(set({ A: CANARY }), never);
    expect([again.changed, await sink.settle(again, never)]).toEqual([true, { state: "settled" }]);
  });

  it("of our own release counts, though somebody else's later release succeeded or failed", async () => {
    await using world = await newWorld();
    const sink = world.sink();
    world.vendor.changeApp(APP, { releaseMs: 60_000, releaseFails: true });
    const failing = await sink.write(set({ A: "1" }), never);
    world.vendor.changeApp(APP, {});
    world.vendor.release(APP, "Deploy 0123abc", 2);
    world.time.ms += 60_000;
    expect(await sink.settle(failing, never)).toMatchObject({ state: "failed" });
    const working = await sink.write(set({ A: "1" }), never);
    world.vendor.changeApp(APP, { releaseMs: 60_000, releaseFails: true });
    world.vendor.release(APP, "Deploy 4567def");
    expect(await sink.settle(working, never)).toEqual({ state: "settled" });
    world.time.ms += 60_000;
    expect(await sink.settle(working, never)).toEqual({ state: "settled" });
  });

  it("of a release that Heroku no longer shows fails the settling", async () => {
    await using world = await newWorld();
    const settled = await world.sink().settle({ changed: true, version: "v99" }, never);
    expect(settled).toMatchObject({ state: "failed", reason: "ReleaseFailed" });
  });
});

describe("dynos", () => {
  it("are waited for, each by its name, until all run the release and are up", async () => {
    await using world = await newWorld();
    const formation = ["web.1", "worker.1"];
    world.vendor.changeApp(APP, { restartMs: 10_000, bootMs: 5_000, formation });
    world.time.ms += 20_000;
    const sink = world.sink();
    const written = await sink.write(set({ A: "1" }), never);
    const late = await sink.settle(written, never);
    expect(late).toMatchObject({ state: "pending", message: expect.stringContaining("web.1 (up, v2), worker.1") });
    world.time.ms += 10_000;
    const starting = await sink.settle(written, never);
    expect(starting).toMatchObject({ state: "pending", message: expect.stringContaining("web.1 (starting, v3)") });
    world.time.ms += 5_000;
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
  });

  it("that crash or are one-offs of an old release are waited for; idle ones and none are not", async () => {
    await using world = await newWorld();
    world.vendor.changeApp(APP, { formation: [] });
    const sink = world.sink();
    const written = await sink.write(set({ A: "1" }), never);
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
    world.vendor.odd(APP, [{ name: "web.1", state: "idle", version: 1 }]);
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
    world.vendor.odd(APP, [{ name: "run.4821", state: "up", version: 2 }]);
    const oneOff = await sink.settle(written, never);
    expect(oneOff).toMatchObject({ state: "pending", message: expect.stringContaining("run.4821 (up, v2)") });
    world.vendor.odd(APP, [{ name: "web.1", state: "crashed", version: 3 }]);
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
  });

  it("are all waited for where there are many", async () => {
    await using world = await newWorld();
    const formation = Array.from({ length: 250 }, (_unused, index) => `web.${index}`);
    world.vendor.changeApp(APP, { formation });
    const sink = world.sink();
    const written = await sink.write(set({ A: "1" }), never);
    world.vendor.odd(APP, [{ name: "worker.1", state: "up", version: 1 }]);
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
  });
});

describe("what is seen of an app", () => {
  it("is who changed the key last, and when", async () => {
    await using world = await newWorld();
    world.vendor.plant(APP, { A: "theirs" });
    world.time.ms += 60_000;
    world.vendor.plant(APP, { OTHER: "1" });
    const seen = await world.sink().observe(["A"], never);
    expect(seen).toMatchObject({ changedBy: "somebody@orders.example", changedAt: "2026-11-27T00:00:00Z" });
    expect((await world.sink().observe(["B"], never)).changedBy).toBeUndefined();
  });

  it("is the old value after a rollback", async () => {
    await using world = await newWorld();
    world.vendor.plant(APP, { A: "old" });
    const sink = world.sink();
    await sink.write(set({ A: "new" }), never);
    world.vendor.release(APP, "Rollback to v3", 3);
    expect((await sink.observe(["A"], never)).keys["A"]?.value?.reveal()).toBe("old");
  });

  it("is nothing where the answer is none of Heroku's", async () => {
    await using world = await newWorld();
    for (const body of ["<html>", [CANARY], null]) {
      world.vendor.set({ mishap: { kind: "answer", reply: { status: 200, body } } });
      const error = await failure(world.sink().observe(["A"], never));
      expect(error).toMatchObject({ name: "Terminal", reason: "AnswerNotUnderstood" });
      expect(everything(error)).not.toContain(CANARY);
    }
  });

  it("outlives an overwritten value: the history of releases", async () => {
    await using world = await newWorld();
    const residual = await world.sink().residual?.(never);
    expect(residual).toMatchObject([{ kind: "ReleaseHistory", message: expect.stringContaining(APP) }]);
    world.vendor.plant(APP, { A: "old" });
    world.vendor.plant(APP, { A: "new" });
    const headers = { accept: "application/vnd.heroku+json; version=3", authorization: `Bearer ${world.token}` };
    const history = await fetch(`${world.vendor.url}/apps/${APP}/releases/3/config-vars`, { headers });
    expect(await history.json()).toEqual({ A: "old" });
  });
});

describe("the emulated Heroku", () => {
  it("was asked and answered as the official description says", () => {
    expect(opened.length).toBeGreaterThan(20);
    const strays = opened.flatMap((vendor) => vendor.strays);
    expect(strays).toEqual([]);
  });
});
