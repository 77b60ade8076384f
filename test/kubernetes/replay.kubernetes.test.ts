import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { describeKubernetes, installCrds, sharedApiServer } from "./environment/shared.ts";
import { conditionsOf, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const PATIENCE = { timeout: 30_000, interval: 50 };

/** What GitOps tools do with one-shot objects: nothing of it may rotate twice, nor stop a rotation half-way. */
describeKubernetes("a request that is applied again", () => {
  let velvet: VelvetOnCluster;

  beforeAll(async () => installCrds(sharedApiServer()));
  afterEach(async () => velvet[Symbol.asyncDispose]());

  async function begin(more?: object): Promise<void> {
    velvet = await velvetOn(sharedApiServer());
    await velvet.start();
    await velvet.apply(...velvet.accountObjects(), velvet.credential("api-token", more));
  }

  async function shows(name: string, expected: Readonly<Record<string, string>>): Promise<void> {
    await vi.waitFor(async () => expect(conditionsOf(await velvet.read("rr", name))).toMatchObject(expected), PATIENCE);
  }

  async function kubectl(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await sharedApiServer().kubectl([...args, "-n", velvet.namespace]);
    expect(code, stderr).toBe(0);
  }

  async function rotations(): Promise<number> {
    const text = "select count(*)::int as count from velvet.rotation";
    const [row] = await velvet.ledger.db.query<{ count: number }>({ name: "rotations", text });
    return row?.count ?? 0;
  }

  it("after it was deleted, pruned or its cluster restored, is filled in as already executed", async () => {
    await begin();
    await velvet.apply(velvet.request("once"));
    await shows("once", { Ready: "True/Done" });
    const first = await velvet.read("rr", "once");
    const held = await velvet.held();
    await kubectl("delete", "rr", "once");
    await velvet.apply(velvet.request("once"));
    await shows("once", { Ready: "True/Done" });
    const again = await velvet.read("rr", "once");
    expect(again.metadata.uid).not.toBe(first.metadata.uid);
    expect(again.status).toEqual(first.status);
    await velvet.apply(velvet.request("once"));
    expect(await rotations()).toBe(1);
    expect(await velvet.held()).toBe(held);
  });

  it("under the same name with another spec is refused, and what was done stays done", async () => {
    await begin();
    await velvet.apply(velvet.request("once"));
    await shows("once", { Ready: "True/Done" });
    await kubectl("delete", "rr", "once");
    await velvet.apply(velvet.request("once", { reason: "another" }));
    await shows("once", { Ready: "True/Done", Accepted: "False/RequestImmutable" });
    expect(await rotations()).toBe(1);
  });

  it("and is deleted in the middle of its rotation, which goes on all the same", async () => {
    await begin({ gates: { mint: "Approval", revoke: "Automatic" } });
    await velvet.apply(velvet.request("pruned"));
    await shows("pruned", { MintApproved: "Unknown/AwaitingApproval" });
    const { gate } = (await velvet.read("rr", "pruned")).status as unknown as { gate: { digest: string } };
    await kubectl("delete", "rr", "pruned");
    await vi.waitFor(async () => {
      const credential = await velvet.read("credential", "api-token");
      expect(conditionsOf(credential)).toMatchObject({ Rotating: "True/Verified" });
    }, PATIENCE);
    const approval = { requestRef: { name: "pruned" }, action: "Approve", gate: "Mint", digest: gate.digest };
    await velvet.apply(velvet.decision("go", approval));
    await vi.waitFor(async () => {
      const { status } = await velvet.read("credential", "api-token");
      expect(status).toMatchObject({ currentId: expect.any(String), consumersReady: "1/1" });
    }, PATIENCE);
  });

  it("by a new ledger is recorded and not executed", async () => {
    velvet = await velvetOn(sharedApiServer());
    await velvet.apply(...velvet.accountObjects(), velvet.credential("api-token"), velvet.request("old"));
    await velvet.start();
    await shows("old", { Ready: "False/Baseline", Stalled: "True/Baseline", Accepted: "False/Baseline" });
    expect(await rotations()).toBe(0);
    await velvet.apply(velvet.request("new"));
    await shows("new", { Ready: "True/Done" });
    expect(await rotations()).toBe(1);
  });

  it("by two appliers at once is one request, and a forced conflict changes nothing of it", async () => {
    await begin();
    await velvet.apply(velvet.request("shared"));
    const force = ["--server-side", "--force-conflicts", "--field-manager=kustomize-controller", "--filename", "-"];
    const stdin = JSON.stringify(velvet.request("shared"));
    await Promise.all(Array.from({ length: 4 }, async () => sharedApiServer().kubectl(["apply", ...force], { stdin })));
    await shows("shared", { Ready: "True/Done" });
    const forced = JSON.stringify(velvet.request("shared", { reason: "forced" }));
    const { code, stderr } = await sharedApiServer().kubectl(["apply", ...force], { stdin: forced });
    expect([code, stderr]).toEqual([1, expect.stringContaining("immutable but for suspend")]);
    expect(await rotations()).toBe(1);
  });

  it("while the controller is stopped is found when it starts again, once", async () => {
    await begin();
    await velvet.apply(velvet.request("before"));
    await shows("before", { Ready: "True/Done" });
    await velvet.stop();
    await velvet.apply(velvet.request("meanwhile"));
    await kubectl("delete", "rr", "before");
    await velvet.start();
    await shows("meanwhile", { Ready: "True/Done" });
    expect(await rotations()).toBe(2);
  });
});
