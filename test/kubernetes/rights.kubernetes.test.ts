/** The controller's own rights, taken away while it runs and given back: said wherever it still can be, and nothing is lost. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { install, type Manifest, must } from "./chart.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";
import { eventsOf } from "./events.ts";
import { conditionsOf, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const PATIENCE = { timeout: 90_000, interval: 100 };

describeKubernetes("a controller whose rights are taken away", () => {
  let server: ApiServer;
  let velvet: VelvetOnCluster;
  let rules: NonNullable<Manifest["rules"]>;

  beforeAll(async () => {
    server = await startApiServer();
    await install(server);
    velvet = await velvetOn(server);
    const kubeconfig = await server.serviceAccountKubeconfig("velvet", "velvet");
    // Everybody whom the API server knows may ask for these: no rule of the chart is needed.
    for (const path of ["/readyz", "/openapi/v3"]) await server.must(["get", "--raw", path], { kubeconfig });
    await velvet.start(kubeconfig);
    must(await velvet.apply(...velvet.accountObjects(), velvet.credential("api-token")));
    const role: Manifest = JSON.parse(await server.must(["get", "clusterrole", "velvet", "-o", "json"]));
    rules = role.rules ?? [];
  }, 180_000);
  afterAll(async () => {
    await velvet[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** Of what the chart gives, only this. */
  async function leave(kept: (rule: (typeof rules)[number]) => boolean): Promise<void> {
    const patch = JSON.stringify([{ op: "replace", path: "/rules", value: rules.filter(kept) }]);
    await server.must(["patch", "clusterrole", "velvet", "--type=json", "-p", patch]);
  }

  async function source(): Promise<{ ready: boolean; reason: string; message: string } | undefined> {
    const text = "select ready, reason, message from velvet.source where name = 'kubernetes'";
    const [row] = await velvet.ledger.db.query<{ ready: boolean; reason: string; message: string }>({
      name: "source",
      text,
    });
    return row;
  }

  async function saysForbidden(what: string): Promise<void> {
    await vi.waitFor(async () => {
      const message = expect.stringMatching(new RegExp(`${what}.* Give Velvet's ServiceAccount the rights`));
      expect(await source()).toEqual({ ready: false, reason: "KubernetesForbidden", message });
      const { ready, checks } = await velvet.readyz();
      expect([ready, checks["cluster"]]).toEqual([false, expect.stringMatching(`^KubernetesForbidden: .*${what}`)]);
      expect(velvet.lines.join("")).toContain('"reason":"KubernetesForbidden"');
    }, PATIENCE);
  }

  async function isWell(): Promise<void> {
    await vi.waitFor(async () => {
      expect(await source()).toMatchObject({ ready: true, reason: "Synced" });
      expect(await velvet.readyz()).toMatchObject({ ready: true, checks: { cluster: "ok" } });
    }, PATIENCE);
  }

  async function isDone(name: string): Promise<void> {
    await vi.waitFor(async () => {
      expect(conditionsOf(await velvet.read("rr", name))).toMatchObject({ Ready: "True/Done" });
    }, PATIENCE);
  }

  it("to write statuses rotates all the same, says so in Events, and shows everything when it has them back", async () => {
    await leave(({ resources }) => resources.every((name) => !name.endsWith("/status")));
    await velvet.apply(velvet.request("unseen"));
    const text = "select state from velvet.rotation";
    await vi.waitFor(async () => {
      expect(await velvet.ledger.db.query({ name: "states", text })).toEqual([{ state: "done" }]);
    }, PATIENCE);
    await saysForbidden("write the statuses");
    expect((await velvet.read("rr", "unseen")).status.conditions).toBeUndefined();
    await vi.waitFor(async () => {
      const told = await eventsOf(server, velvet.namespace, "unseen");
      const note = expect.stringContaining("rights of the chart");
      expect(told).toContainEqual(expect.objectContaining({ type: "Warning", reason: "KubernetesForbidden", note }));
    }, PATIENCE);
    await leave(() => true);
    await isDone("unseen");
    await isWell();
  }, 180_000);

  it("to see its kinds goes on with what it knows, says so, and misses nothing of what happened meanwhile", async () => {
    await leave(({ verbs }) => !verbs.includes("watch"));
    // Whoever watches goes on to be told; a new watch is refused.
    await server.restart();
    await saysForbidden("watch its own kinds");
    await vi.waitFor(async () => {
      const told = await eventsOf(server, "default", "rotationrequests.velvet.raxx.app");
      expect(told).toContainEqual(expect.objectContaining({ type: "Warning", reason: "KubernetesForbidden" }));
    }, PATIENCE);
    await server.must(["delete", "rr", "unseen", "-n", velvet.namespace]);
    await velvet.apply(velvet.request("meanwhile"));
    await leave(() => true);
    const begun = performance.now();
    await isDone("meanwhile");
    await isWell();
    console.log(`converged ${Math.round(performance.now() - begun)} ms after the rights were back`);
    const text = "select name, present from velvet.object where kind = 'RotationRequest' order by name";
    expect(await velvet.ledger.db.query({ name: "objects", text })).toEqual([
      { name: "meanwhile", present: true },
      { name: "unseen", present: false },
    ]);
  }, 240_000);
});
