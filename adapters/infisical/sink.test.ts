import { describe, expect, it } from "vitest";
import { everything, failure } from "../conformance/wire.ts";
import type { WriteOrder } from "../contract.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { Secret } from "../secret.ts";
import { never, newWorld, type World } from "./bench.fixture.ts";

const PATH = "/orders/api";

function set(values: Readonly<Record<string, string | null>>): WriteOrder {
  const entries = Object.entries(values);
  return {
    keys: Object.fromEntries(entries.map(([name, value]) => [name, value === null ? null : Secret.from(value)])),
  };
}

function held({ vendor, project }: World, path = PATH): Readonly<Record<string, string>> {
  const folder = vendor.projects.folderAt({ project, environment: "prod", path }) ?? new Map();
  return Object.fromEntries([...folder].map(([name, { value }]) => [name, value]));
}

function plant({ vendor, project, clock }: World, values: Readonly<Record<string, string>>): void {
  vendor.projects.plant({ project, environment: "prod", path: PATH }, values, clock.nowMs());
}

function sent({ vendor }: World, method: string, path: RegExp): number {
  return vendor.server.seen.filter((seen) => seen.method === method && path.test(seen.path)).length;
}

describe("a write that a change policy covers", () => {
  async function waiting(more: { readonly showsApprovals?: boolean } = {}) {
    const world = await newWorld();
    const { projects } = world.vendor;
    plant(world, { A: "old" });
    projects.protectedPaths.add(PATH);
    projects.showsApprovals = more.showsApprovals === true;
    const sink = world.sink();
    const written = await sink.write(set({ A: "new", B: "new" }), never);
    const [request = ""] = [...projects.approvals.keys()];
    return { world, projects, sink, written, request, [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose]() };
  }

  it("is not made, and is one request for all keys", async () => {
    await using bench = await waiting();
    expect(bench.written.changed).toBe(true);
    expect([held(bench.world), bench.projects.approvals.size]).toEqual([{ A: "old" }, 1]);
  });

  it("stays pending until the values are there, and names the request", async () => {
    await using bench = await waiting();
    const { sink, written, world, request, projects } = bench;
    expect(await sink.settle(written, never)).toMatchObject({
      state: "pending",
      message: expect.stringContaining(request),
    });
    world.clock.move(3_600_000);
    expect((await sink.settle(written, never)).state).toBe("pending");
    projects.approve(request, world.clock.nowMs());
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
    expect(held(world)).toEqual({ A: "new", B: "new" });
  });

  it("is waited for by another replica too, which knows only what the ledger kept", async () => {
    await using bench = await waiting();
    const other = bench.world.sink();
    const kept = JSON.parse(JSON.stringify(bench.written)) as typeof bench.written;
    expect((await other.settle(kept, never)).state).toBe("pending");
    bench.projects.approve(bench.request, bench.world.clock.nowMs());
    expect((await other.settle(kept, never)).state).toBe("settled");
  });

  it("has failed where the request was closed and that is shown", async () => {
    await using bench = await waiting({ showsApprovals: true });
    expect((await bench.sink.settle(bench.written, never)).state).toBe("pending");
    Object.assign(bench.projects.approvals.get(bench.request) ?? {}, { status: "close" });
    expect(await bench.sink.settle(bench.written, never)).toMatchObject({ state: "failed", reason: "ApprovalClosed" });
  });

  it("is in effect where the request was merged, whatever versions say", async () => {
    await using bench = await waiting({ showsApprovals: true });
    Object.assign(bench.projects.approvals.get(bench.request) ?? {}, { status: "close", hasMerged: true });
    expect((await bench.sink.settle(bench.written, never)).state).toBe("settled");
  });

  it.each([401, 403] as const)(
    "asks once where people alone are shown requests, and keeps its token: %i",
    async (status) => {
      await using bench = await waiting();
      bench.projects.refusesMachinesWith = status;
      for (const _ of [1, 2, 3]) await bench.sink.settle(bench.written, never);
      expect(sent(bench.world, "GET", /secret-approval-requests/)).toBe(1);
      expect(sent(bench.world, "POST", /login/)).toBe(1);
    },
  );

  it("does not take trouble on the way for a request that is hidden", async () => {
    await using bench = await waiting({ showsApprovals: true });
    const { server } = bench.world.vendor;
    server.set({ path: /approval/, mishap: { kind: "answer", reply: { status: 503, body: {} } } });
    expect(await failure(bench.sink.settle(bench.written, never))).toBeInstanceOf(Transient);
    Object.assign(bench.projects.approvals.get(bench.request) ?? {}, { status: "close" });
    expect((await bench.sink.settle(bench.written, never)).state).toBe("failed");
  });

  it("waits for each request where keys are set and removed", async () => {
    await using bench = await waiting();
    const { sink, projects, world } = bench;
    plant(world, { C: "gone soon" });
    const written = await sink.write(set({ A: "newer", C: null }), never);
    const requests = [...projects.approvals.keys()].slice(1);
    expect(requests.length).toBe(2);
    projects.approve(requests[0] ?? "", world.clock.nowMs());
    expect((await sink.settle(written, never)).state).toBe("pending");
    projects.approve(requests[1] ?? "", world.clock.nowMs());
    expect((await sink.settle(written, never)).state).toBe("settled");
  });
});

describe("folders", () => {
  it("that are missing are made, parents first, at the first write alone", async () => {
    await using world = await newWorld();
    const sink = world.sink();
    await sink.write(set({ A: "one" }), never);
    await sink.write(set({ A: "two" }), never);
    const environment = world.vendor.projects.environments.get(`${world.project}/prod`);
    expect([...(environment?.keys() ?? [])]).toEqual(["/", "/orders", PATH]);
    expect(sent(world, "POST", /folders/)).toBe(2);
  });

  it("are not made where they are there", async () => {
    await using world = await newWorld();
    plant(world, { FOREIGN: "keep me" });
    await world.sink().write(set({ A: "one" }), never);
    expect([sent(world, "POST", /folders/), held(world)]).toEqual([0, { FOREIGN: "keep me", A: "one" }]);
  });

  it("that somebody else makes at the same moment are as good", async () => {
    await using world = await newWorld();
    const there = { error: "BadRequest", message: "Folder with name 'orders' already exists in path '/'" };
    const [one, other] = [world.sink(), world.sink()];
    await Promise.all([one.write(set({ A: "one" }), never), other.write(set({ B: "two" }), never)]);
    expect(held(world)).toEqual({ A: "one", B: "two" });
    world.vendor.server.set({
      method: "POST",
      path: /folders/,
      mishap: { kind: "answer", reply: { status: 400, body: there } },
    });
    // Said of a folder that is not there, it is no help either.
    expect(await failure(world.sink({ path: "/elsewhere" }).write(set({ A: "one" }), never))).toMatchObject({
      reason: "TargetGone",
    });
  });

  it("at the root need nothing", async () => {
    await using world = await newWorld();
    await world.sink({ path: "/" }).write(set({ A: "one" }), never);
    expect([held(world, "/"), sent(world, "POST", /folders/)]).toEqual([{ A: "one" }, 0]);
  });

  it("of a project or environment that is not there are no empty target", async () => {
    await using world = await newWorld();
    for (const block of [{ project: "no-such-project" }, { environment: "staging" }]) {
      const sink = world.sink(block);
      for (const work of [sink.observe(["A"], never), sink.write(set({ A: "one" }), never)]) {
        const error = await failure(work);
        expect(error).toBeInstanceOf(Terminal);
        expect(error).toMatchObject({ reason: "TargetGone", message: expect.stringContaining("project") });
      }
    }
  });
});

describe("an older instance", () => {
  it("is found out once for each connection", async () => {
    await using world = await newWorld({ isLegacy: true });
    const sink = world.sink();
    await sink.write(set({ A: "one" }), never);
    await sink.observe(["A"], never);
    await sink.write(set({ A: null }), never);
    expect(world.vendor.server.seen.filter(({ path }) => path.startsWith("/api/v4")).length).toBe(1);
    expect(world.vendor.server.seen.filter(({ path }) => path.startsWith("/api/v2")).length).toBe(1);
    expect(held(world)).toEqual({});
  });

  it.each([
    [
      "a secret that is not there",
      { status: 404, body: { reqId: "r", error: "NotFound", message: "Secret with name 'A' not found" } },
    ],
    ["a 404 in the words of another server", { status: 404, body: { error: "Not Found", message: "No such page" } }],
    ["a busy instance", { status: 503, body: { error: "InternalServerError" } }],
    ["a page of a proxy", { status: 404, body: "<html>Route GET:/ not found</html>" }],
    ["a rate limit", { status: 429, body: { error: "RateLimit", message: "Please try again in 5 seconds" } }],
  ])("is not concluded from %s", async (_, reply) => {
    await using world = await newWorld();
    const sink = world.sink();
    world.vendor.server.set({ path: /v4/, mishap: { kind: "answer", reply } });
    await Promise.allSettled([sink.observe(["A"], never)]);
    await sink.observe(["A"], never);
    expect(sent(world, "GET", /v3/)).toBe(0);
  });

  it.each([
    ["busy", { status: 503, body: { error: "InternalServerError" } }],
    ["limited", { status: 429, body: { error: "RateLimit", message: "Please try again in 5 seconds" } }],
    ["behind a proxy that is down", { status: 404, body: "<html>" }],
  ])("is found out also where its first answer was that it is %s", async (_, reply) => {
    await using world = await newWorld({ isLegacy: true });
    const sink = world.sink();
    world.vendor.server.set({ path: /v4/, mishap: { kind: "answer", reply } });
    await failure(sink.observe(["A"], never));
    expect((await sink.write(set({ A: "one" }), never)).changed).toBe(true);
  });

  it("is not taken for an empty target where a proxy answers 404", async () => {
    await using world = await newWorld();
    plant(world, { A: "one" });
    world.vendor.server.set({ path: /v4/, mishap: { kind: "answer", reply: { status: 404, body: "<html>" } } });
    expect(await failure(world.sink().observe(["A"], never))).toBeInstanceOf(Terminal);
  });

  it("may be named, and newer ones too", async () => {
    await using world = await newWorld();
    await world.sink({}, { config: { secretsApi: "v3" } }).observe(["A"], never);
    expect(sent(world, "GET", /v4/)).toBe(0);
    await using old = await newWorld({ isLegacy: true });
    expect(await failure(old.sink({}, { config: { secretsApi: "v4" } }).observe(["A"], never))).toMatchObject({
      reason: "InstanceTooOld",
    });
  });
});

describe("values", () => {
  it("that are hidden are no values and no drift", async () => {
    await using world = await newWorld();
    plant(world, { A: "one" });
    world.admin.denied.add("read-value secrets");
    const before = world.vendor.projects.writes;
    for (const work of [world.sink().observe(["A"], never), world.sink().write(set({ A: "two" }), never)]) {
      const error = await failure(work);
      expect(error).toBeInstanceOf(Terminal);
      expect(error).toMatchObject({ reason: "ValueHidden" });
    }
    expect(world.vendor.projects.writes).toBe(before);
    const seen = await world.sink({ readValues: false }).observe(["A", "B"], never);
    expect(seen.keys).toEqual({ A: { present: true }, B: { present: false } });
  });

  it("are not asked for where they are not to be read", async () => {
    await using world = await newWorld();
    plant(world, { A: "one" });
    const sink = world.sink({ readValues: false });
    const before = await sink.observe(["A"], never);
    plant(world, { A: "two" });
    const after = await sink.observe(["A"], never);
    expect([before.keys.A, after.keys.A]).toEqual([{ present: true }, { present: true }]);
    expect(after.version).not.toBe(before.version);
    const written = await sink.write(set({ A: "two" }), never);
    expect([written.changed, held(world)]).toEqual([true, { A: "two" }]);
  });

  it("that Infisical would change are refused before anything is sent", async () => {
    await using world = await newWorld();
    const sink = world.sink();
    const canary = "cnry-Kq93Zw7";
    for (const form of [" x", "x ", "x\n\n", "\tx", "x\r\n", "a${prod.orders.x}b", "<hidden-by-infisical>", "a\0x"]) {
      const error = await failure(sink.write(set({ B: canary, A: form.replace("x", canary) }), never));
      expect(error).toBeInstanceOf(Terminal);
      expect(error).toMatchObject({ reason: "ValueNotKept" });
      expect(everything(error)).not.toContain(canary);
    }
    const bytes = { keys: { A: Secret.from(Uint8Array.of(0xff, 0xfe)) } };
    expect(await failure(sink.write(bytes, never))).toMatchObject({ reason: "ValueNotKept" });
    expect(await failure(sink.write(set({ "a/b": "x" }), never))).toMatchObject({ reason: "SecretNameInvalid" });
    expect(world.vendor.server.seen).toEqual([]);
  });

  it("that are references are nobody's value, and are replaced", async () => {
    await using world = await newWorld();
    plant(world, { OTHER: "ours", A: "${OTHER}" });
    const sink = world.sink();
    expect((await sink.observe(["A"], never)).keys.A).toEqual({ present: true });
    expect((await sink.write(set({ A: "ours" }), never)).changed).toBe(true);
    expect(held(world)).toEqual({ OTHER: "ours", A: "ours" });
  });

  it("that Infisical rotates itself are left to it", async () => {
    await using world = await newWorld();
    plant(world, { A: "one" });
    const folder = world.vendor.projects.folderAt({ project: world.project, environment: "prod", path: PATH });
    Object.assign(folder?.get("A") ?? {}, { rotated: true });
    const sink = world.sink();
    expect(await failure(sink.write(set({ A: "two" }), never))).toMatchObject({ reason: "RotatedByInfisical" });
    expect((await sink.write(set({ A: "one" }), never)).changed).toBe(false);
  });

  it("have one version in whatever order they are asked for", async () => {
    await using world = await newWorld();
    plant(world, { A: "one", B: "two" });
    const [one, other] = [await world.sink().observe(["A", "B"], never), await world.sink().observe(["B", "A"], never)];
    expect(other.version).toBe(one.version);
  });

  it("come with when they were changed and by whom", async () => {
    await using world = await newWorld();
    plant(world, { A: "one" });
    world.clock.move(1000);
    plant(world, { B: "two" });
    const changedAt = world.clock.now().toISOString();
    const seen = await world.sink().observe(["A", "B"], never);
    expect(seen).toMatchObject({ changedAt, changedBy: "somebody@example.com" });
  });
});

describe("a write", () => {
  it("is one request, however many keys are made and changed", async () => {
    await using world = await newWorld();
    plant(world, { A: "old" });
    const sink = world.sink();
    await sink.write(set({ A: "new", B: "new", C: "new" }), never);
    expect(sent(world, "PATCH", /batch/) + sent(world, "POST", /batch/)).toBe(1);
    expect(held(world)).toEqual({ A: "new", B: "new", C: "new" });
  });

  it("names in it only what changes", async () => {
    await using world = await newWorld();
    plant(world, { A: "same", B: "old" });
    const before = world.vendor.projects.writes;
    await world.sink().write(set({ A: "same", B: "new" }), never);
    expect(world.vendor.projects.writes - before).toBe(1);
  });

  it("removes before it sets, so that old values never stand beside new ones", async () => {
    await using world = await newWorld();
    plant(world, { A: "old", B: "old" });
    world.vendor.server.set({ method: "PATCH", mishap: { kind: "reset-before" } });
    const sink = world.sink();
    await failure(sink.write(set({ A: "new", B: null }), never));
    expect(held(world)).toEqual({ A: "old" });
    expect((await sink.write(set({ A: "new", B: null }), never)).changed).toBe(true);
    expect(held(world)).toEqual({ A: "new" });
  });

  it("whose answer is lost is unknown, and made again changes nothing", async () => {
    await using world = await newWorld();
    plant(world, { A: "old" });
    world.vendor.server.set({ method: "PATCH", mishap: { kind: "reset-after" } });
    const sink = world.sink();
    expect(await failure(sink.write(set({ A: "new" }), never))).toBeInstanceOf(OutcomeUnknown);
    expect((await sink.write(set({ A: "new" }), never)).changed).toBe(false);
  });

  it.each([
    ["POST", { status: 400, body: { error: "BadRequest", message: "Secret already exist: A" } }, {}],
    ["PATCH", { status: 404, body: { error: "NotFound", message: "Secret does not exist: A" } }, { A: "old" }],
    ["DELETE", { status: 404, body: { error: "NotFound", message: "Secret does not exist: B" } }, { A: "old", B: "x" }],
  ])("by %s that meets another one is tried again later", async (method, reply, there) => {
    await using world = await newWorld();
    plant(world, { FOREIGN: "keep me", ...there });
    world.vendor.server.set({ method, path: /batch/, mishap: { kind: "answer", reply } });
    const error = await failure(world.sink().write(set({ A: "new", B: null }), never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "TargetChanging" });
  });

  it("waits while the project is being upgraded", async () => {
    await using world = await newWorld();
    plant(world, { A: "old" });
    const body = {
      error: "BadRequest",
      message: "Project is currently being upgraded, and secrets cannot be written.",
    };
    world.vendor.server.set({ method: "PATCH", mishap: { kind: "answer", reply: { status: 400, body } } });
    const error = await failure(world.sink().write(set({ A: "new" }), never));
    expect(error).toBeInstanceOf(Transient);
    expect(error).toMatchObject({ reason: "ProjectUpgrading" });
  });

  it.each([
    ["create secrets", { B: "new" }],
    ["edit secrets", { A: "new" }],
    ["delete secrets", { A: null }],
    ["describe-secret secrets", { A: "new" }],
  ])("says which permission it lacks: %s", async (permission, values) => {
    await using world = await newWorld();
    plant(world, { A: "old" });
    world.admin.denied.add(permission);
    const error = await failure(world.sink().write(set(values), never));
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({
      reason: "AccountForbidden",
      message: expect.stringContaining(permission.replace(" ", " on ")),
    });
  });

  it("whose answer does not tell of each key is one whose outcome nobody knows", async () => {
    await using world = await newWorld();
    plant(world, { A: "old" });
    world.vendor.server.set({
      method: "PATCH",
      mishap: { kind: "answer", reply: { status: 200, body: { secrets: [] } } },
    });
    expect(await failure(world.sink().write(set({ A: "cnry-value" }), never))).toBeInstanceOf(OutcomeUnknown);
  });

  it("keeps within what one address may ask in a minute, or says when", async () => {
    await using world = await newWorld({ limits: { read: 60, write: 200, secrets: 60 } });
    const sink = world.sink();
    let error: unknown;
    for (let round = 0; error === undefined; round += 1) {
      [error] = await Promise.allSettled([sink.write(set({ A: `${round}` }), never)]).then(([done]) =>
        done.status === "rejected" ? [done.reason as unknown] : [],
      );
    }
    expect(error).toMatchObject({ reason: "RateLimited", retryAfterMs: 60_000 });
    expect(error).toBeInstanceOf(Transient);
    world.clock.move(60_000);
    expect((await sink.write(set({ A: "after" }), never)).changed).toBe(true);
  });

  it("says that the old value stays in the history", async () => {
    await using world = await newWorld();
    expect(await world.sink().residual?.(never)).toMatchObject([{ kind: "SecretVersions" }]);
  });

  it("asks only as Infisical describes it", async () => {
    await using world = await newWorld();
    const sink = world.sink();
    await sink.write(set({ A: "one", B: "two" }), never);
    await sink.write(set({ A: "two", B: null, C: "three" }), never);
    await sink.observe(["A", "B", "C"], never);
    expect(world.vendor.server.strays).toEqual([]);
  });
});
