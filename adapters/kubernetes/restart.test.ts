import { describe, expect, it } from "vitest";
import { everything, failure } from "../conformance/wire.ts";
import { keys, never, newWorld } from "./bench.fixture.ts";
import { kubernetes } from "./kubernetes.ts";

const RESTART = { deployments: ["orders"], statefulSets: ["queue"], daemonSets: ["agent"] };

async function running() {
  const world = await newWorld();
  const { workloads } = world.vendor;
  const deployment = workloads.make("deployments", "orders", "orders");
  const set = workloads.make("statefulsets", "orders", "queue");
  const daemons = workloads.make("daemonsets", "orders", "agent");
  return { ...world, deployment, set, daemons, all: [deployment, set, daemons] };
}

const only = { deployments: ["orders"] };

describe("a restart", () => {
  it("waits until every pod of every workload runs with the new version, after one rollout for all keys", async () => {
    await using world = await running();
    const sink = world.sink({}, RESTART);
    const written = await sink.write(keys({ USER: "u", PASSWORD: "p" }), never);
    expect(world.all.map(({ generation }) => generation)).toEqual([2, 2, 2]);
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
    world.time.ms += 2_000;
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
    world.time.ms += 10_000;
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
  });

  it("rolls nothing out again for the same write, and does for the next value", async () => {
    await using world = await running();
    const first = await world.sink({}, RESTART).write(keys({ A: "1" }), never);
    const again = await world.sink({}, RESTART).write(keys({ A: "1" }), never);
    expect(again).toEqual({ changed: false, version: first.version });
    expect(world.all.map(({ generation }) => generation)).toEqual([2, 2, 2]);
    await world.sink({}, RESTART).write(keys({ A: "2" }), never);
    expect(world.all.map(({ generation }) => generation)).toEqual([3, 3, 3]);
  });

  it("is asked for where the Secret held the value already, and the annotation was lost", async () => {
    await using world = await running();
    world.vendor.set({ method: "PATCH", path: /deployments/, mishap: { kind: "reset-before" } });
    expect(await failure(world.sink({}, only).write(keys({ A: "1" }), never))).toMatchObject({
      reason: "ConnectionLost",
    });
    expect(world.deployment.generation).toBe(1);
    const written = await world.sink({}, only).write(keys({ A: "1" }), never);
    expect(written.changed).toBe(false);
    expect(world.deployment.generation).toBe(2);
  });

  it("of one Deployment by two consumers is settled for both, and other keys of the Secret bring no rollout", async () => {
    await using world = await running();
    const [one, two] = [world.sink({}, only), world.sink({ secret: "other" }, only)];
    const [first, second] = await Promise.all([one.write(keys({ A: "1" }), never), two.write(keys({ B: "2" }), never)]);
    world.time.ms += 20_000;
    expect(await one.settle(first, never)).toEqual({ state: "settled" });
    expect(await two.settle(second, never)).toEqual({ state: "settled" });
    const { generation } = world.deployment;
    await world.sink().write(keys({ C: "3" }), never);
    expect((await one.write(keys({ A: "1" }), never)).changed).toBe(false);
    expect(world.deployment.generation).toBe(generation);
  });

  it("fails where the workload never becomes ready", async () => {
    await using world = await running();
    world.deployment.stuck = true;
    const sink = world.sink({}, only);
    const written = await sink.write(keys({ A: "1" }), never);
    world.time.ms += 5_000;
    expect(await sink.settle(written, never)).toMatchObject({ state: "pending" });
    world.time.ms += 60_000;
    expect(await sink.settle(written, never)).toMatchObject({ state: "failed", reason: "RolloutFailed" });
  });

  it("fails with a reason where the workload does not roll by itself", async () => {
    await using world = await running();
    world.deployment.paused = true;
    world.set.strategy = { type: "OnDelete" };
    for (const restart of [only, { statefulSets: ["queue"] }]) {
      const sink = world.sink({}, restart);
      const written = await sink.write(keys({ A: "1" }), never);
      expect(await sink.settle(written, never)).toMatchObject({ state: "failed", reason: "RolloutHeld" });
    }
    world.set.strategy = { type: "RollingUpdate", rollingUpdate: { partition: 1 } };
    const sink = world.sink({}, { statefulSets: ["queue"] });
    expect(await sink.settle(await sink.write(keys({ A: "1" }), never), never)).toMatchObject({
      reason: "RolloutHeld",
    });
  });

  it("is settled at once where the workload is scaled to zero", async () => {
    await using world = await running();
    Object.assign(world.deployment, { replicas: 0, pods: [] });
    const sink = world.sink({}, only);
    const written = await sink.write(keys({ A: "1" }), never);
    world.time.ms += 11_000;
    expect(await sink.settle(written, never)).toEqual({ state: "settled" });
  });

  it("waits for an old pod that is left, whatever the numbers say, and names it", async () => {
    await using world = await running();
    const sink = world.sink({}, only);
    const written = await sink.write(keys({ A: "1" }), never);
    world.deployment.late = [{ name: "orders-old", annotations: {} }];
    world.time.ms += 20_000;
    expect(await sink.settle(written, never)).toMatchObject({
      state: "pending",
      message: expect.stringContaining("orders-old"),
    });
  });

  it("that somebody reverts is asked for once more, and then fails with their name", async () => {
    await using world = await running();
    const { workloads } = world.vendor;
    const revert = () => {
      const ours = Object.fromEntries([...world.deployment.values.keys()].map((name) => [name.slice(12), undefined]));
      workloads.annotate(world.deployment, "argocd-controller", world.time.ms, {
        ...ours,
        theirs: `${world.deployment.generation}`,
      });
    };
    const sink = world.sink({}, only);
    const first = await sink.write(keys({ A: "1" }), never);
    revert();
    expect(await sink.settle(first, never)).toMatchObject({ state: "failed", reason: "RestartReverted" });
    const second = await sink.write(keys({ A: "1" }), never);
    expect(second.changed).toBe(false);
    revert();
    expect(await failure(sink.settle(second, never))).toMatchObject({
      name: "Terminal",
      reason: "RestartReverted",
      message: expect.stringContaining("argocd-controller"),
    });
  });

  it("of a workload that is not there stops the write before it", async () => {
    await using world = await newWorld();
    const error = await failure(world.sink({}, only).write(keys({ A: "cnry-1" }), never));
    expect(error).toMatchObject({ name: "Terminal", reason: "WorkloadMissing" });
    expect(everything(error)).not.toContain("cnry");
    expect(world.vendor.peek("orders", "orders-app")).toEqual({});
  });

  it("names each workload for the account's allow-list", () => {
    expect(kubernetes.restartTargets?.({ namespace: "orders", secret: "s" }, RESTART)).toEqual([
      { namespace: "orders", deployment: "orders" },
      { namespace: "orders", statefulSet: "queue" },
      { namespace: "orders", daemonSet: "agent" },
    ]);
  });
});
