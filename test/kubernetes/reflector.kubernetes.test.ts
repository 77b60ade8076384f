/** What the fake API server is believed to do, the real one does: following a kind through kills, events, and writes of status. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { ApiClient } from "../../controller/kubernetes/client.ts";
import { SYSTEM_CLOCK } from "../../controller/kubernetes/clock.ts";
import { openCluster } from "../../controller/kubernetes/cluster.ts";
import { Consumer } from "../../controller/kubernetes/consumer.fixture.ts";
import { EventRecorder } from "../../controller/kubernetes/events.ts";
import type { ApiObject } from "../../controller/kubernetes/object.ts";
import { openComeback } from "../../controller/kubernetes/comeback.ts";
import { startReflector } from "../../controller/kubernetes/reflector.ts";
import { pathOf } from "../../controller/kubernetes/resource.ts";
import type { Resource } from "../../controller/kubernetes/resource.ts";
import { StatusWriter } from "../../controller/kubernetes/status-writer.ts";
import { startApiServer } from "./environment/server.ts";
import type { ApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";

const THINGS: Resource = { group: "example.test", version: "v1", plural: "things", kind: "Thing", namespaced: true };
const PLAINS: Resource = { ...THINGS, plural: "plains", kind: "Plain" };
const never = new AbortController().signal;
const KILLS = 6;

function definition({ group, plural, kind }: Resource, subresources: object): object {
  const text = { type: "string", maxLength: 10_000 };
  const status = {
    type: "object",
    default: { observedGeneration: -1 },
    properties: { observedGeneration: { type: "integer" }, phase: { ...text, enum: ["Good", "Bad"] }, kept: text },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: text, status } } },
        },
      ],
    },
  };
}

describeKubernetes("with a real API server", () => {
  let server: ApiServer;
  let client: ApiClient;
  let namespace: string;

  beforeAll(async () => {
    server = await startApiServer();
    const items = [definition(THINGS, { status: {} }), definition(PLAINS, {})];
    await server.must(["apply", "--filename=-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
    await server.must([
      "wait",
      "--for=condition=Established",
      "--timeout=60s",
      "crd/things.example.test",
      "crd/plains.example.test",
    ]);
    client = await openCluster({ kubeconfig: server.adminKubeconfig, env: {} });
  });

  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    namespace = await server.createNamespace();
  });

  async function make(name: string, of = THINGS): Promise<ApiObject> {
    const body = { apiVersion: "example.test/v1", kind: of.kind, metadata: { name }, spec: "x" };
    return client.send<ApiObject>({ method: "POST", path: pathOf(of, { namespace }), body }, never);
  }

  async function change(name: string, spec: string): Promise<void> {
    const path = pathOf(THINGS, { namespace, name });
    await client.send({ method: "PATCH", path, body: { spec }, contentType: "application/merge-patch+json" }, never);
  }

  async function remove(name: string, of = THINGS): Promise<void> {
    await client.send({ method: "DELETE", path: pathOf(of, { namespace, name }) }, never);
  }

  async function read(name: string): Promise<ApiObject> {
    return client.send<ApiObject>({ method: "GET", path: pathOf(THINGS, { namespace, name }) }, never);
  }

  it("refuses what may not be done with the reason and the words of the API server", async () => {
    await server.must(["create", "serviceaccount", "bot", "--namespace", namespace]);
    const kubeconfig = await server.serviceAccountKubeconfig(namespace, "bot");
    await using bot = await openCluster({ kubeconfig, env: {} });
    expect(bot.namespace).toBe(namespace);
    await expect(bot.send({ method: "GET", path: pathOf(THINGS, { namespace }) }, never)).rejects.toMatchObject({
      status: 403,
      reason: "Forbidden",
      message: expect.stringContaining('cannot list resource "things"'),
      remedy: expect.stringContaining("administrator"),
    });
    const body = { apiVersion: "example.test/v1", kind: "Thing", metadata: { name: "x" }, spec: 1 };
    await expect(
      client.send({ method: "POST", path: pathOf(THINGS, { namespace }), body }, never),
    ).rejects.toMatchObject({
      status: 422,
      reason: "Invalid",
      causes: [{ field: "spec", reason: "FieldValueTypeInvalid" }],
    });
  });

  it("lists in pages, and answers a watch from a version that it forgot as the fake does", async () => {
    for (let index = 0; index < 5; index += 1) await make(`x${index}`);
    const query = { limit: "2" };
    const page = await client.send<{ metadata: { continue?: string } }>(
      { method: "GET", path: pathOf(THINGS, { namespace }), query },
      never,
    );
    expect(page.metadata.continue).toMatch(/./);
    const wrong = { ...query, continue: "bm8" };
    await expect(
      client.send({ method: "GET", path: pathOf(THINGS, { namespace }), query: wrong }, never),
    ).rejects.toMatchObject({ status: 400 });
    for await (const event of client.watch(
      { method: "GET", path: pathOf(THINGS, { namespace }), query: { resourceVersion: "1" } },
      never,
    )) {
      expect(event).toMatchObject({ type: "ERROR", object: { status: 410, reason: "Expired" } });
    }
  });

  it("is followed through six kills, soon after each, and no deletion is missed", { timeout: 400_000 }, async () => {
    const stop = new AbortController();
    const consumer = new Consumer();
    const { hasSynced, done, metrics } = follow(consumer, stop.signal);
    const gone: (string | undefined)[] = [];
    const times: number[] = [];
    for (let index = 0; index < 40; index += 1) await make(`x${index}`);
    await hasSynced;
    await consumer.until(() => consumer.view.size === 40);
    for (let round = 0; round < KILLS; round += 1) {
      await server.kill();
      await server.restart();
      // It waits between its tries to connect, so that most of this happens unseen.
      for (let index = 0; index < 5; index += 1) {
        const name = `x${round * 5 + index}`;
        gone.push(consumer.view.get(`${namespace}/${name}`)?.uid);
        await remove(name);
        if (index % 2 === 0) await make(name);
        await change("x39", `${round} ${index}`);
      }
      const writtenAt = performance.now();
      const { items } = await client.send<{ items: ApiObject[] }>(
        { method: "GET", path: pathOf(THINGS, { namespace }) },
        never,
      );
      await consumer.until(() => isView(consumer, items), 60_000);
      times.push(performance.now() - writtenAt);
    }
    stop.abort();
    await done;
    const { restarts, lists, watches } = metrics();
    console.log(
      `converged ${times.map((ms) => `${Math.round(ms)} ms`).join(", ")} after it was up again and all was written`,
      {
        lists,
        watches,
        restarts,
      },
    );
    expect(consumer.wrong).toEqual([]);
    for (const uid of gone) expect(consumer.deleted).toContain(uid);
    expect(gone).toHaveLength(KILLS * 5);
    // Not after the half minute that it would rest by then.
    expect(Math.max(...times)).toBeLessThan(15_000);
    expect(lists).toBeGreaterThan(1);
  });

  function follow(consumer: Consumer, signal: AbortSignal) {
    const reflector = startReflector({
      client,
      resource: THINGS,
      namespace,
      apply: consumer.apply,
      clock: SYSTEM_CLOCK,
      random: () => 0.999,
      signal,
      onTrouble: () => {},
      comeback: openComeback({ client, clock: SYSTEM_CLOCK, random: Math.random }),
    });
    return { hasSynced: reflector.hasSynced, done: reflector.done, metrics: () => reflector.metrics() };
  }

  function isView({ view }: Consumer, items: readonly ApiObject[]): boolean {
    return (
      view.size === items.length &&
      items.every(
        ({ metadata }) => view.get(`${namespace}/${metadata.name}`)?.resourceVersion === metadata.resourceVersion,
      )
    );
  }

  it("takes events, counts them, and shows them beside their object", async () => {
    const about = await make("x");
    const recorder = new EventRecorder({
      client,
      controller: "example.test/controller",
      instance: "one",
      clock: SYSTEM_CLOCK,
      random: Math.random,
      signal: never,
    });
    const text = {
      type: "Warning",
      reason: "NotReady",
      action: "Wait",
      note: `It waits. ${"€".repeat(1_000)}`,
    } as const;
    recorder.record(about, text);
    await recorder.flush();
    recorder.record(about, text);
    recorder.record({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, uid: "u" } }, text);
    await recorder.flush();
    expect(recorder.metrics()).toEqual({ sent: 3, dropped: 0 });
    const shown = await server.must(["describe", "thing", "x", "--namespace", namespace]);
    expect(shown).toMatch(/Warning\s+NotReady\s+.*\(x2 over .*example\.test\/controller\s+It waits/);
    expect(await server.must(["get", "events", "--namespace", "default"])).toContain(`namespace/${namespace}`);
  });

  it("takes a status from its own object only, and keeps what others say in it", async () => {
    const writer = new StatusWriter({ client, resource: THINGS, fieldManager: "example" });
    const { metadata } = await make("x");
    const owner = { namespace, name: "x", uid: metadata.uid };
    expect((await read("x")).status).toEqual({ observedGeneration: -1 });
    const written = await writer.write(owner, { phase: "Good" }, never);
    const found = await read("x");
    expect(written).toMatchObject({
      outcome: "written",
      resourceVersion: found.metadata.resourceVersion,
      stored: { phase: "Good" },
    });
    expect(found.status).toMatchObject({ phase: "Good" });
    expect(await writer.write(owner, { phase: "Good" }, never)).toEqual({ outcome: "unchanged" });

    const forge = [
      "patch",
      "thing",
      "x",
      "--namespace",
      namespace,
      "--subresource=status",
      "--type=merge",
      "--field-manager=other",
    ];
    await server.must([...forge, '--patch={"status":{"phase":"Bad","kept":"theirs"}}']);
    writer.forget(owner);
    expect(await writer.write(owner, { phase: "Good", observedGeneration: 1 }, never)).toMatchObject({
      outcome: "written",
    });
    expect((await read("x")).status).toEqual({ phase: "Good", kept: "theirs", observedGeneration: 1 });
    // What is left out is no longer said: the kind's default is back.
    expect(await writer.write(owner, { observedGeneration: 2 }, never)).toMatchObject({ outcome: "written" });
    expect((await read("x")).status).toEqual({ kept: "theirs", observedGeneration: 2 });

    await remove("x");
    expect(await writer.write(owner, { phase: "Good" }, never)).toEqual({ outcome: "gone" });
    const other = await make("x");
    expect(await writer.write(owner, { phase: "Good" }, never)).toEqual({ outcome: "gone" });
    const { resourceVersion } = metadata;
    expect(await writer.write({ ...owner, resourceVersion }, { phase: "Good" }, never)).toEqual({ outcome: "gone" });
    expect(other.metadata.uid).not.toBe(owner.uid);
    expect((await read("x")).status).toEqual({ observedGeneration: -1 });
  });

  it.each([
    ["a value that the kind does not allow", { phase: "Ugly" }],
    ["a field that the kind does not have, as with definitions of an older version", { news: "none" }],
    ["a field of another type", { observedGeneration: "one" }],
  ])("refuses a status with %s", async (_, status) => {
    const writer = new StatusWriter({ client, resource: THINGS, fieldManager: "example" });
    const { metadata } = await make("x");
    expect(await writer.write({ namespace, name: "x", uid: metadata.uid }, status, never)).toMatchObject({
      outcome: "refused",
    });
  });

  it("refuses a status for a kind that has none", async () => {
    const writer = new StatusWriter({ client, resource: PLAINS, fieldManager: "example" });
    const { metadata } = await make("x", PLAINS);
    const outcome = await writer.write({ namespace, name: "x", uid: metadata.uid }, { phase: "Good" }, never);
    expect(outcome).toMatchObject({ outcome: "refused", error: { status: 404 } });
  });

  afterEach(async () => {
    await server.finalizeNamespace(namespace);
  });
});
