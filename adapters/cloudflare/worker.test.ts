import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { everything, failure } from "../conformance/wire.ts";
import { OutcomeUnknown, Terminal } from "../errors.ts";
import { Secret } from "../secret.ts";
import { arrange } from "./emulator-bench.fixture.ts";
import { deploy, upload } from "./emulator-workers.ts";

const SCRIPT = "orders-api";
const VALUE = "cnry-9Fd4sJk2Vb7Nm1Qa";

async function worker() {
  const arranged = await arrange();
  const held = arranged.emulator.plantWorker(SCRIPT);
  const sink = arranged.sink(SCRIPT);
  const write = async (value = VALUE) =>
    sink.write({ keys: { TOKEN: Secret.from(value), ID: Secret.from("i") } }, never);
  return { ...arranged, held, sink, write };
}

describe("secrets of a Worker", () => {
  it("become one version, deployed at once, and are never shown", async () => {
    await using world = await worker();
    const before = world.held.versions.length;
    const written = await world.write();
    expect(world.held.versions.length).toBe(before + 1);
    expect(world.emulator.peek(SCRIPT)).toEqual({ TOKEN: VALUE, ID: "i" });
    const seen = await world.sink.observe(["TOKEN", "NONE"], never);
    expect(seen).toMatchObject({
      keys: { TOKEN: { present: true }, NONE: { present: false } },
      version: written.version,
      changedBy: "api-token@example.com",
    });
    expect(everything(seen)).not.toContain(VALUE);
    expect(await world.sink.residual?.(never)).toMatchObject([{ kind: "WorkerVersions" }]);
  });

  it("are not asked of Cloudflare to be removed where they are not there", async () => {
    await using world = await worker();
    const before = world.held.versions.length;
    expect(await world.sink.write({ keys: { NONE: null } }, never)).toMatchObject({ changed: false });
    expect(world.held.versions.length).toBe(before);
  });

  it("wait for a person where the newest version is not the deployed one (10215)", async () => {
    await using world = await worker();
    upload(world.held, {});
    const error = await failure(world.write());
    expect(error).toBeInstanceOf(Terminal);
    expect(error).toMatchObject({ reason: "WorkerVersionNotDeployed", facts: { code: "10215" } });
    expect(everything(error)).not.toContain(VALUE);
    expect(world.emulator.peek(SCRIPT)).toEqual({});
  });

  it("are gone with their Worker (10007)", async () => {
    await using world = await worker();
    world.emulator.state.workers.clear();
    for (const work of [world.write(), world.sink.observe(["A"], never), world.sink.settle({ changed: true }, never)]) {
      expect(await failure(work)).toMatchObject({ name: "Terminal", reason: "TargetGone", facts: { code: "10007" } });
    }
  });

  it("name the permission that is missing", async () => {
    await using world = await arrange({ permissions: ["access"] });
    world.emulator.plantWorker(SCRIPT);
    const error = await failure(world.sink(SCRIPT).observe(["A"], never));
    expect(error).toMatchObject({ reason: "AccountForbidden" });
    expect(everything(error)).toContain("Workers Scripts: Edit");
  });

  it("are unknown after a lost answer, and the same write again is a success", async () => {
    await using world = await worker();
    world.emulator.api.set({ method: "PATCH", mishap: { kind: "reset-after" } });
    const error = await failure(world.write());
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(everything(error)).not.toContain(VALUE);
    expect(await world.write()).toMatchObject({ changed: true });
  });

  it("are refused where they are no text", async () => {
    await using world = await worker();
    const bytes = Secret.from(Buffer.from([0xff, 0xfe]));
    expect(await failure(world.sink.write({ keys: { TOKEN: bytes } }, never))).toMatchObject({
      name: "Terminal",
      reason: "ValueNotRepresentable",
    });
  });

  it("are written also where nobody can say which version holds them", async () => {
    await using world = await worker();
    world.emulator.api.set({ path: /deployments$/, mishap: { kind: "answer", reply: { status: 500 } } });
    const written = await world.write();
    expect(written).toEqual({ changed: true });
    expect(await world.sink.settle(written, never)).toEqual({ state: "settled" });
  });
});

describe("a write to a Worker", () => {
  const stateOf = async ({ sink }: Awaited<ReturnType<typeof worker>>, version: string | undefined) =>
    sink.settle({ changed: true, ...(version === undefined ? {} : { version }) }, never);

  it("settles with its version, and with every newer one", async () => {
    await using world = await worker();
    const { version } = await world.write();
    expect(await stateOf(world, version)).toEqual({ state: "settled" });
    deploy(world.held, Date.now(), upload(world.held, {}), "developer@example.com");
    expect(await stateOf(world, version)).toEqual({ state: "settled" });
  });

  it("has not settled while a gradual deployment serves an older version", async () => {
    await using world = await worker();
    const older = world.held.versions[0]?.id ?? "";
    const { version } = await world.write();
    deploy(world.held, Date.now(), older, "developer@example.com", 10);
    expect(await stateOf(world, version)).toMatchObject({ state: "pending" });
    expect(await stateOf(world, undefined)).toMatchObject({ state: "pending" });
    expect((await world.sink.observe([], never)).version).toBe(`${older}:10+${version ?? ""}:90`);
  });

  it("has failed where somebody rolled back to an older version", async () => {
    await using world = await worker();
    const older = world.held.versions[0]?.id ?? "";
    const { version } = await world.write();
    deploy(world.held, Date.now(), older, "developer@example.com");
    expect(await stateOf(world, version)).toMatchObject({ state: "failed", reason: "WorkerRolledBack" });
    expect(world.emulator.peek(SCRIPT)).toEqual({});
  });

  it("waits where Cloudflare does not say which version is newer, or that any serves", async () => {
    await using world = await worker();
    expect(await stateOf(world, "no such version")).toMatchObject({ state: "pending" });
    world.held.deployments.length = 0;
    expect(await stateOf(world, undefined)).toMatchObject({ state: "pending" });
  });
});
