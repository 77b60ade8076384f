import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { describeKubernetes, installCrds, sharedApiServer } from "./environment/shared.ts";
import { conditionsOf, OLD, velvetOn, type VelvetOnCluster } from "./velvet.ts";

interface Told {
  readonly reason: string;
  readonly type: string;
  readonly regarding: { readonly name: string };
}

const PATIENCE = { timeout: 30_000, interval: 50 };

describeKubernetes("a rotation on a cluster", () => {
  let velvet: VelvetOnCluster;

  beforeAll(async () => installCrds(sharedApiServer()));
  afterEach(async () => velvet[Symbol.asyncDispose]());

  async function begin(more?: object): Promise<void> {
    velvet = await velvetOn(sharedApiServer());
    await velvet.start();
    const { code, stderr } = await velvet.apply(...velvet.accountObjects(), velvet.credential("api-token", more));
    expect([code, stderr.includes("Error")], stderr).toEqual([0, false]);
  }

  async function shows(kind: string, name: string, expected: Readonly<Record<string, string>>): Promise<void> {
    await vi.waitFor(async () => expect(conditionsOf(await velvet.read(kind, name))).toMatchObject(expected), PATIENCE);
  }

  it("shows each stage as a condition, to the end, and what is in use in the Credential", async () => {
    await begin();
    await shows("credential", "api-token", { Ready: "True/NotRotatedYet", Rotating: "False/Idle" });
    await velvet.apply(velvet.request("first"));
    await shows("rr", "first", {
      Ready: "True/Done",
      Accepted: "True/Accepted",
      Verified: expect.stringMatching(/^True/),
      Minted: "True/Minted",
      Distributed: "True/Distributed",
      Validated: "True/Validated",
      Revoked: expect.stringMatching(/^True/),
    });
    const request = await velvet.read("rr", "first");
    expect(request.status).toMatchObject({ observedGeneration: 1, consumersReady: "1/1" });
    expect(request.status).not.toHaveProperty("pendingConsumers");
    expect(Object.keys(conditionsOf(request))).not.toContain("Reconciling");
    await shows("credential", "api-token", { Ready: "True/Current", Rotating: "False/Idle" });
    expect(await velvet.held()).not.toBe(OLD);
    const events = await sharedApiServer().kubectl([
      "get",
      "events.events.k8s.io",
      "-n",
      velvet.namespace,
      "-o",
      "json",
    ]);
    const told = JSON.parse(events.stdout).items.filter((event: Told) => event.regarding.name === "first");
    expect(told.map(({ reason, type }: Told) => `${type} ${reason}`)).toContain("Normal Done");
    const shown = JSON.stringify([events, request, await velvet.read("credential", "api-token")]);
    expect(shown).not.toContain(await velvet.held());
  });

  it("waits at an open gate with its digest, and goes on when a decision approves it", async () => {
    await begin({ gates: { mint: "Automatic", revoke: "Approval" } });
    await velvet.apply(velvet.request("gated"));
    await shows("rr", "gated", { RevokeApproved: "Unknown/AwaitingApproval", Validated: "True/Validated" });
    const { gate } = (await velvet.read("rr", "gated")).status as unknown as { gate: { name: string; digest: string } };
    const approval = {
      requestRef: { name: "gated" },
      action: "Approve",
      gate: "Revoke",
      ticket: "SEC-1",
      confirm: "API_TOKEN",
    };
    await velvet.apply(velvet.decision("stale", { ...approval, digest: `sha256:${"0".repeat(32)}` }));
    await shows("rd", "stale", { Ready: expect.stringMatching(/^False/), Stalled: expect.stringMatching(/^True/) });
    await velvet.apply(velvet.decision("right", { ...approval, digest: gate.digest }));
    await shows("rd", "right", { Ready: expect.stringMatching(/^True/) });
    await shows("rr", "gated", { Ready: "True/Done", RevokeApproved: "True/Approved" });
  });

  it("refuses a decision with a wrong confirmation, for a request that has ended, and for one that is unknown", async () => {
    await begin({ gates: { mint: "Automatic", revoke: "Approval" } });
    await velvet.apply(velvet.request("gated"));
    await shows("rr", "gated", { RevokeApproved: "Unknown/AwaitingApproval" });
    const { gate } = (await velvet.read("rr", "gated")).status as unknown as { gate: { digest: string } };
    const approval = { action: "Approve", gate: "Revoke", ticket: "SEC-1", digest: gate.digest, confirm: "API_TOKEN" };
    const to = { requestRef: { name: "gated" }, ...approval };
    await velvet.apply(velvet.decision("wrong", { ...to, confirm: "ANOTHER" }));
    await shows("rd", "wrong", { Ready: "False/ConfirmMismatch" });
    await velvet.apply(velvet.decision("right", to));
    await shows("rr", "gated", { Ready: "True/Done" });
    await velvet.apply(velvet.decision("late", to));
    await shows("rd", "late", { Ready: expect.stringMatching(/^False/), Stalled: expect.stringMatching(/^True/) });
    expect((await velvet.read("rd", "late")).status.conditions?.[0]?.message).not.toBe("");
  });

  it("goes on with the spec that it began with when the Credential is edited, and says so", async () => {
    await begin({ gates: { mint: "Approval", revoke: "Automatic" } });
    await velvet.apply(velvet.request("edited"));
    await shows("rr", "edited", { MintApproved: "Unknown/AwaitingApproval" });
    await velvet.apply(velvet.credential("api-token", { gates: { mint: "Automatic", revoke: "Automatic" } }));
    await vi.waitFor(async () => {
      const { conditions = [] } = (await velvet.read("credential", "api-token")).status;
      expect(conditions.find(({ type }) => type === "Rotating")?.message).toContain("applies to the next one");
    }, PATIENCE);
    expect(conditionsOf(await velvet.read("rr", "edited"))).toMatchObject({ MintApproved: "Unknown/AwaitingApproval" });
  });

  it("ends well when its namespace is deleted in the middle of it", async () => {
    await begin({ gates: { mint: "Approval", revoke: "Automatic" } });
    await velvet.apply(velvet.request("orphaned"));
    await shows("rr", "orphaned", { MintApproved: "Unknown/AwaitingApproval" });
    const { gate } = (await velvet.read("rr", "orphaned")).status as unknown as { gate: { digest: string } };
    const approval = { requestRef: { name: "orphaned" }, action: "Approve", gate: "Mint", digest: gate.digest };
    await velvet.apply(velvet.decision("go", approval));
    await sharedApiServer().finalizeNamespace(velvet.namespace);
    await vi.waitFor(async () => expect(await velvet.held()).not.toBe(OLD), PATIENCE);
    const text = "select state from velvet.rotation";
    await vi.waitFor(async () => {
      expect(await velvet.ledger.db.query({ name: "states", text })).toEqual([{ state: "done" }]);
    }, PATIENCE);
  });

  it("reads the secret of an account from the controller's own namespace, by its name", async () => {
    velvet = await velvetOn(sharedApiServer());
    await velvet.start();
    const namespace = "default";
    const name = `account-${velvet.namespace}`;
    const account = {
      apiVersion: "velvet.raxx.app/v1alpha1",
      kind: "VendorAccount",
      metadata: { name: velvet.accounts.values },
      spec: {
        adapter: "postgres",
        endpoint: "postgres://127.0.0.1:1/none",
        postgres: { user: "velvet_admin", sslMode: "disable" },
        auth: [{ name: "password", secretRef: { name, key: "password" } }],
        allow: [{ namespaces: [velvet.namespace] }],
      },
    };
    expect((await velvet.apply(account)).stderr).not.toContain("Error");
    await shows("vendoraccount", velvet.accounts.values, { Ready: "False/AccountSecretMissing" });
    const stringData = { password: "a secret of the account" };
    await velvet.apply({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData });
    await velvet.apply({ ...account, spec: { ...account.spec, endpoint: "postgres://127.0.0.1:2/none" } });
    await vi.waitFor(async () => {
      const { Ready } = conditionsOf(await velvet.read("vendoraccount", velvet.accounts.values));
      expect(Ready).not.toBe("False/AccountSecretMissing");
      expect(Ready).toMatch(/^False/);
    }, PATIENCE);
    await sharedApiServer().kubectl(["delete", "secret", name, "-n", namespace]);
  });

  it("says in the object why it was not taken", async () => {
    await begin();
    await velvet.apply(velvet.request("nobody", { credentialRef: { name: "unknown" } }));
    await shows("rr", "nobody", { Ready: "False/CredentialNotFound", Reconciling: "True/CredentialNotFound" });
    await velvet.apply(velvet.credential("elsewhere", { environment: "staging" }));
    await shows("credential", "elsewhere", { Accepted: "False/WrongEnvironment", Stalled: "True/WrongEnvironment" });
    const { conditions = [] } = (await velvet.read("credential", "elsewhere")).status;
    expect(conditions[0]?.message).toContain("for the environment staging");
  });

  it("puts right a status that somebody forged or wiped, and believes none of it", async () => {
    await begin();
    await velvet.apply(velvet.request("forged"));
    await shows("rr", "forged", { Ready: "True/Done" });
    const path = ["-n", velvet.namespace, "--subresource=status", "--type=json", "-p"];
    const server = sharedApiServer();
    const before = await velvet.read("rr", "forged");
    const wipe = await server.kubectl(["patch", "rr", "forged", ...path, '[{"op":"remove","path":"/status"}]']);
    expect(wipe.stderr).toBe("");
    await vi.waitFor(async () => expect((await velvet.read("rr", "forged")).status).toEqual(before.status), PATIENCE);
    const forgery = '[{"op":"replace","path":"/status/conditions/0/reason","value":"Forged"}]';
    await server.kubectl(["patch", "rr", "forged", ...path, forgery]);
    await vi.waitFor(async () => expect((await velvet.read("rr", "forged")).status).toEqual(before.status), PATIENCE);
  });
});
