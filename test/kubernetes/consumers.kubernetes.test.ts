/** Consumers in the cluster that do not take a new value, through the whole controller; nothing of the old one is given up meanwhile. */
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { type ClusterConsumer, clusterConsumer, ordersDeployment, ordersSecret } from "./cluster-consumer.ts";
import { describeKubernetes, installCrds, sharedApiServer } from "./environment/shared.ts";
import { eventsOf } from "./events.ts";
import { conditionsOf, OLD, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const LONG_MS = 180_000;
const PATIENCE = { timeout: 60_000, interval: 100 };

describeKubernetes("a consumer in the cluster", () => {
  let velvet: VelvetOnCluster;
  let cluster: ClusterConsumer;

  beforeAll(async () => installCrds(sharedApiServer()));
  afterEach(async () => {
    await velvet[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  async function begin(
    there: (namespace: string) => object[],
    more?: object,
    rights?: { secrets: string[] },
  ): Promise<void> {
    const server = sharedApiServer();
    velvet = await velvetOn(server);
    cluster = await clusterConsumer(server, velvet);
    await velvet.start();
    const file = (velvet.credential("api-token") as { spec: { consumers: object[] } }).spec.consumers;
    const consumers = [...file, cluster.consumer(more)];
    for (const object of there(velvet.namespace)) await place(object);
    const { code, stderr } = await velvet.apply(
      ...velvet.accountObjects(),
      velvet.credential("api-token", { consumers }),
    );
    expect([code, stderr.includes("Error")], stderr).toEqual([0, false]);
    if (rights) await cluster.grant(rights);
    await velvet.apply(velvet.request("first"));
  }

  async function place(object: object): Promise<void> {
    await sharedApiServer().must(["create", "-f", "-"], { stdin: JSON.stringify(object) });
  }

  async function shows(expected: Readonly<Record<string, unknown>>): Promise<void> {
    await vi.waitFor(async () => {
      expect(conditionsOf(await velvet.read("rr", "first"))).toMatchObject(expected);
    }, PATIENCE);
  }

  async function row(): Promise<Readonly<Record<string, unknown>>> {
    const { consumers } = (await velvet.read("rr", "first")).status as { consumers?: { id: string }[] };
    return { ...consumers?.find(({ id }) => id === "cluster") };
  }

  async function decide(name: string, action: string): Promise<void> {
    await velvet.apply(velvet.decision(name, { requestRef: { name: "first" }, action }));
  }

  it(
    "whose Secret is immutable is named with what to do, in an Event too; once it was made anew, a retry goes on to the end",
    async () => {
      await begin((namespace) => [ordersSecret(namespace, OLD, { immutable: true })]);
      await shows({
        Distributed: "False/DistributePartial",
        Ready: "False/DistributePartial",
        Stalled: expect.stringMatching(/^True/),
      });
      expect(await row()).toMatchObject({ reason: "SecretImmutable", message: expect.stringContaining("immutable") });
      // The other one goes on by itself, a moment later or earlier.
      await vi.waitFor(async () => {
        expect((await velvet.read("rr", "first")).status).toMatchObject({ pendingConsumers: ["cluster"] });
      }, PATIENCE);
      const { conditions = [] } = (await velvet.read("rr", "first")).status;
      expect(conditions.find(({ type }) => type === "Stalled")?.message).toContain("immutable");
      await vi.waitFor(async () => {
        const told = await eventsOf(sharedApiServer(), velvet.namespace, "first");
        expect(told).toContainEqual(expect.objectContaining({ type: "Warning", reason: "DistributePartial" }));
      }, PATIENCE);
      expect(await cluster.held()).toBe(OLD);
      await sharedApiServer().must(["delete", "secret", "orders", "-n", velvet.namespace]);
      await place(ordersSecret(velvet.namespace, OLD));
      await decide("again", "RetryConsumers");
      await shows({ Ready: "True/Done" });
      expect(await cluster.held()).toBe(await velvet.held());
      expect(await cluster.held()).not.toBe(OLD);
    },
    LONG_MS,
  );

  it(
    "whose Secret may not be written any more is named with the right that is missing; given back, a retry goes on to the end",
    async () => {
      await begin((namespace) => [ordersSecret(namespace, OLD)], {}, { secrets: ["get"] });
      await shows({ Distributed: "False/DistributePartial", Stalled: expect.stringMatching(/^True/) });
      expect(await row()).toMatchObject({
        reason: "AccountForbidden",
        message: expect.stringMatching(/permission|may not|right/),
      });
      await vi.waitFor(async () => {
        const told = await eventsOf(sharedApiServer(), velvet.namespace, "first");
        expect(told).toContainEqual(expect.objectContaining({ type: "Warning", reason: "DistributePartial" }));
      }, PATIENCE);
      expect(await cluster.held()).toBe(OLD);
      await cluster.grant({ secrets: ["get", "patch", "create"] });
      await decide("again", "RetryConsumers");
      await shows({ Ready: "True/Done" });
      expect(await cluster.held()).toBe(await velvet.held());
    },
    LONG_MS,
  );

  it(
    "whose Deployment never becomes ready keeps the old value valid, and gets it back when it is aborted",
    async () => {
      const restart = { deployments: ["orders"] };
      await begin((namespace) => [ordersSecret(namespace, OLD), ordersDeployment(namespace)], { restart });
      await vi.waitFor(async () => expect((await cluster.deployment()).metadata.generation).toBe(2), PATIENCE);
      await cluster.says({ observedGeneration: 2, replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 });
      await vi.waitFor(
        async () => expect(await row()).toMatchObject({ message: expect.stringContaining("orders") }),
        PATIENCE,
      );
      expect(conditionsOf(await velvet.read("rr", "first"))).toMatchObject({ Ready: "False/Distributing" });
      const stuck = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
      await cluster.says({ observedGeneration: 2, conditions: [stuck] });
      await vi.waitFor(async () => {
        expect(await row()).toMatchObject({ reason: "RolloutFailed", message: expect.stringContaining("orders") });
      }, PATIENCE);
      const { Revoked } = conditionsOf(await velvet.read("rr", "first"));
      expect(Revoked).toMatch(/^Unknown/);
      await decide("back", "Abort");
      await vi.waitFor(async () => expect(await cluster.held()).toBe(OLD), PATIENCE);
      await vi.waitFor(async () => expect((await cluster.deployment()).metadata.generation).toBe(3), PATIENCE);
      await cluster.rollOut();
      await shows({ Ready: "False/Aborted" });
      expect([await cluster.held(), await velvet.held()]).toEqual([OLD, OLD]);
      const told = await eventsOf(sharedApiServer(), velvet.namespace, "first");
      expect(told.map(({ reason }) => reason)).toContain("Aborted");
    },
    LONG_MS,
  );
});
