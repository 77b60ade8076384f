/** What the scheduler asks for, on a cluster: with the chart's rights and policies, seen and answered as any other request. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { eventually, install, must } from "./chart.ts";
import { type ApiServer, startApiServer } from "./environment/server.ts";
import { describeKubernetes } from "./environment/shared.ts";
import { installPlugin, type Plugin } from "./plugin.ts";
import { conditionsOf, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const HOW_TO = join(import.meta.dirname, "../../docs/how-to/rotate-on-a-schedule.md");
const PATIENCE = { timeout: 30_000, interval: 50 };
const OWN = "system:serviceaccount:velvet:velvet";
const DUE = { rotation: { every: "90d", jitter: "0s", overlap: "0s" } };

interface Listed {
  readonly metadata: {
    readonly name: string;
    readonly labels?: object;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

describeKubernetes("a rotation that its schedule began", () => {
  let server: ApiServer;
  let plugin: Plugin;
  let velvet: VelvetOnCluster;

  beforeAll(async () => {
    server = await startApiServer();
    await install(server);
    plugin = await installPlugin(server);
  }, 180_000);
  afterAll(async () => {
    await plugin?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    velvet = await velvetOn(server);
  });
  afterEach(async () => velvet[Symbol.asyncDispose]());

  async function begin(more: object = {}): Promise<void> {
    await velvet.start(await server.serviceAccountKubeconfig("velvet", "velvet"));
    must(await velvet.apply(...velvet.accountObjects(), velvet.credential("api-token", { ...DUE, ...more })));
    await vi.waitFor(async () => {
      expect(conditionsOf(await velvet.read("credential", "api-token"))).toMatchObject({ RotationDue: "False/NotDue" });
    }, PATIENCE);
  }

  /** As if the manifest had stood there for longer than its credential may live. */
  async function fallDue(): Promise<void> {
    await velvet.ledger.pool.query(`
      update velvet.object set first_seen_at = first_seen_at - interval '91 days' where kind = 'Credential';
      update velvet.schedule set next_look_at = clock_timestamp();
      update velvet.lease set lease_until = '-infinity' where name = 'scheduler'`);
  }

  async function requests(): Promise<Listed[]> {
    const list = must(await server.kubectl(["get", "rotationrequests", "-n", velvet.namespace, "-o", "json"]));
    return (JSON.parse(list) as { items: Listed[] }).items;
  }

  /** Which of them docs/how-to/rotate-on-a-schedule.md removes: its own words are taken. */
  async function finished(): Promise<string[]> {
    const page = await readFile(HOW_TO, "utf8");
    const [, path = "", label = ""] = /jsonpath='([^']+)' -l (\S+)/.exec(page) ?? [];
    const order = ["get", "rr", "-n", velvet.namespace, "-l", label, "-o", `jsonpath=${path}`];
    return must(await server.kubectl(order))
      .split("\n")
      .filter(Boolean);
  }

  async function schedulerLooked(): Promise<void> {
    await velvet.ledger.pool.query(`
      update velvet.schedule set next_look_at = clock_timestamp();
      update velvet.lease set lease_until = '-infinity' where name = 'scheduler'`);
    await vi.waitFor(async () => {
      const due = await velvet.ledger.pool.query("select from velvet.schedule where next_look_at <= clock_timestamp()");
      expect(due.rowCount).toBe(0);
    }, PATIENCE);
  }

  async function rotations(): Promise<string[]> {
    const { rows } = await velvet.ledger.pool.query<{ state: string }>("select state from velvet.rotation");
    return rows.map(({ state }) => state);
  }

  /** As if the gate had been open for two hours. */
  async function nobodyAnswered(): Promise<void> {
    const text = `
      update velvet.rotation set next_action_at = now(), wakes = wakes + 1,
        facts = jsonb_set(facts, '{gates,Revoke,openedAt}', to_jsonb(velvet.instant(now() - interval '2 hours')))
      where ended_at is null and claim is null`;
    await vi.waitFor(async () => expect((await velvet.ledger.pool.query(text)).rowCount).toBe(1), PATIENCE);
  }

  async function told(reason: string): Promise<object | undefined> {
    const list = must(await server.kubectl(["get", "events.events.k8s.io", "-n", velvet.namespace, "-o", "json"]));
    const { items } = JSON.parse(list) as { items: { reason: string }[] };
    return items.find((event) => event.reason === reason);
  }

  async function shows(name: string, expected: Readonly<Record<string, string>>): Promise<void> {
    await vi.waitFor(async () => expect(conditionsOf(await velvet.read("rr", name))).toMatchObject(expected), PATIENCE);
  }

  it("is a RotationRequest of its Credential, is approved as any other, and is done once, whoever deletes the object", async () => {
    await begin({ gates: { mint: "Automatic", revoke: "Approval" } });
    await fallDue();
    await vi.waitFor(async () => expect(await requests()).toHaveLength(1), PATIENCE);
    const [shown] = await requests();
    const { uid } = (await velvet.read("credential", "api-token")).metadata;
    expect(shown?.metadata).toMatchObject({
      name: expect.stringMatching(/^api-token-\d{8}t\d{4}-[0-9a-f]{8}$/),
      labels: { "velvet.raxx.app/scheduled": "true" },
      ownerReferences: [{ kind: "Credential", name: "api-token", uid }],
    });
    expect(shown?.spec).toMatchObject({ flow: "Operational", requestedBy: OWN, reason: "Scheduled: every 90d." });
    const name = shown?.metadata.name ?? "";
    await shows(name, { Accepted: "True/Accepted", RevokeApproved: "Unknown/AwaitingApproval" });
    expect(await finished()).toEqual([]);

    await nobodyAnswered();
    await vi.waitFor(async () => {
      const { status } = await velvet.read("rr", name);
      expect(status["reminders"]).toMatchObject([{ for: "gate", about: "Revoke", count: 1 }]);
      const gate = status.conditions?.find(({ type }) => type === "RevokeApproved");
      expect(gate?.message).toMatch(/reminded once, last at \S+\.$/);
      expect(await told("PersonReminded")).toMatchObject({ regarding: { kind: "RotationRequest", name } });
    }, PATIENCE);

    const ana = await server.userKubeconfig("ana");
    const bind = [
      "create",
      "rolebinding",
      "ana",
      "--clusterrole=velvet-approver",
      "--user=ana",
      "-n",
      velvet.namespace,
    ];
    must(await server.kubectl(bind));
    const order = [
      "approve",
      name,
      "-n",
      velvet.namespace,
      "--confirm",
      "API_TOKEN",
      "--ticket",
      "T-1",
      "--reason",
      "ok",
    ];
    await eventually("ana may approve", async () => (await plugin.velvet(ana, ...order)).code === 0);
    await shows(name, { Ready: "True/Done", RevokeApproved: "True/Approved" });

    expect(await finished()).toEqual([name]);
    must(await server.kubectl(["delete", "rr", ...(await finished()), "-n", velvet.namespace]));
    await vi.waitFor(async () => {
      const seen = await velvet.ledger.pool.query(
        "select from velvet.object where kind = 'RotationRequest' and not present",
      );
      expect(seen.rowCount).toBe(1);
    }, PATIENCE);
    await schedulerLooked();
    expect(await requests()).toEqual([]);
    expect(await rotations()).toEqual(["done"]);
    // Made again by whoever had a copy of it, a GitOps controller or a restored cluster: the same request, done already.
    const copy = { ...shown, metadata: { namespace: velvet.namespace, name } };
    must(
      await velvet.apply({
        apiVersion: "velvet.raxx.app/v1alpha1",
        kind: "RotationRequest",
        ...copy,
        spec: { ...shown?.spec, requestedBy: "admin" },
      }),
    );
    await shows(name, { Ready: "True/Done", Accepted: "True/Accepted" });
    expect(await rotations()).toEqual(["done"]);
    const { rows } = await velvet.ledger.pool.query("select spec ->> 'requestedBy' as by, trust from velvet.request");
    expect(rows).toEqual([{ by: "velvet:scheduler", trust: "claimed" }]);
  });

  it("goes on while the API server takes no object of it, says so at the Credential, and is shown when it does", async () => {
    await begin();
    const denied = `
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicy
      metadata: {name: no-requests}
      spec:
        failurePolicy: Fail
        matchConstraints: {resourceRules: [{apiGroups: [velvet.raxx.app], apiVersions: ["*"], operations: [CREATE], resources: [rotationrequests]}]}
        validations: [{expression: "false", message: "nobody asks here"}]
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicyBinding
      metadata: {name: no-requests}
      spec: {policyName: no-requests, validationActions: [Deny]}`.replaceAll(/^ {6}/gm, "");
    must(await server.kubectl(["apply", "-f", "-"], { stdin: denied }));
    await eventually("nobody may ask", async () => {
      const stdin = JSON.stringify(velvet.request("tried"));
      const tried = await server.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin });
      return tried.code !== 0;
    });
    await fallDue();
    await vi.waitFor(
      async () => expect((await rotations()).filter((state) => state === "done").length).toBeGreaterThan(0),
      PATIENCE,
    );
    await vi.waitFor(async () => {
      expect(await told("ScheduledRequestNotShown")).toMatchObject({
        regarding: { kind: "Credential" },
        note: expect.stringContaining("nobody asks here"),
      });
    }, PATIENCE);
    expect(await requests()).toEqual([]);
    must(await server.kubectl(["delete", "validatingadmissionpolicybinding", "no-requests"]));
    await vi.waitFor(async () => expect(await requests()).toHaveLength(1), { timeout: 60_000, interval: 100 });
    const [shown] = await requests();
    await shows(shown?.metadata.name ?? "", { Ready: "True/Done" });
  });
});
