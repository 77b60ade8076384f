import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes, installCrds } from "./environment/shared.ts";
import { conditionsOf, OLD, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const PATIENCE = { timeout: 60_000, interval: 50 };

describeKubernetes("an API server that goes away", () => {
  let server: ApiServer;
  let velvet: VelvetOnCluster;

  beforeAll(async () => {
    server = await startApiServer();
    await installCrds(server);
    velvet = await velvetOn(server);
    await velvet.start();
    await velvet.apply(...velvet.accountObjects(), velvet.credential("api-token"));
  });
  afterAll(async () => {
    await velvet[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function states(): Promise<string[]> {
    const rows = await velvet.ledger.db.query<{ state: string }>({
      name: "states",
      text: "select state from velvet.rotation order by created_at",
    });
    return rows.map(({ state }) => state);
  }

  async function source(): Promise<{ ready: boolean; reason: string } | undefined> {
    const text = "select ready, reason from velvet.source where name = 'kubernetes'";
    const [row] = await velvet.ledger.db.query<{ ready: boolean; reason: string }>({ name: "source", text });
    return row;
  }

  it("in the middle of a rotation does not stop it; what it missed is shown when it is back", async () => {
    await velvet.apply(velvet.request("first"));
    await vi.waitFor(async () => expect((await states()).length).toBe(1), PATIENCE);
    await server.kill();
    await vi.waitFor(async () => expect(await states()).toEqual(["done"]), PATIENCE);
    expect(await velvet.held()).not.toBe(OLD);
    await vi.waitFor(async () => {
      expect(await source()).toEqual({ ready: false, reason: "KubernetesUnavailable" });
    }, PATIENCE);
    const begun = performance.now();
    await server.restart();
    const ready = performance.now();
    await vi.waitFor(async () => {
      expect(conditionsOf(await velvet.read("rr", "first"))).toMatchObject({ Ready: "True/Done" });
    }, PATIENCE);
    console.log(
      `converged ${Math.round(performance.now() - ready)} ms after the API server was ready, which took ${Math.round(ready - begun)} ms`,
    );
    await vi.waitFor(async () => expect(await source()).toMatchObject({ ready: true }), PATIENCE);
  });

  it("hides no request that was deleted or made while it came back", async () => {
    await server.must(["delete", "rr", "first", "-n", velvet.namespace]);
    await server.kill();
    await server.restart();
    await velvet.apply(velvet.request("second"));
    await vi.waitFor(async () => {
      expect(conditionsOf(await velvet.read("rr", "second"))).toMatchObject({ Ready: "True/Done" });
    }, PATIENCE);
    const text = "select name, present from velvet.object where kind = 'RotationRequest' order by name";
    expect(await velvet.ledger.db.query({ name: "objects", text })).toEqual([
      { name: "first", present: false },
      { name: "second", present: true },
    ]);
  });
});
