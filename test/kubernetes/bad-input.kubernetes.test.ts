/** Requests and decisions that cannot be: each says in its own conditions and in an Event why, and what to do. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { eventually } from "./chart.ts";
import { describeKubernetes, installCrds, sharedApiServer } from "./environment/shared.ts";
import { eventsOf } from "./events.ts";
import { conditionsOf, velvetOn, type VelvetOnCluster } from "./velvet.ts";

const LONG_MS = 90_000;
const PATIENCE = { timeout: 60_000, interval: 100 };

describeKubernetes("what cannot be is told in the object itself", () => {
  let velvet: VelvetOnCluster;

  beforeAll(async () => {
    await installCrds(sharedApiServer());
    velvet = await velvetOn(sharedApiServer());
    await velvet.start();
    const gated = velvet.credential("api-token", { gates: { mint: "Automatic", revoke: "Approval" } });
    await velvet.apply(...velvet.accountObjects(), gated);
    await velvet.apply(velvet.request("gated"));
    await eventually("the gate is open", async () => {
      const { RevokeApproved } = conditionsOf(await velvet.read("rr", "gated"));
      return RevokeApproved === "Unknown/AwaitingApproval";
    });
  }, 120_000);
  afterAll(async () => velvet?.[Symbol.asyncDispose]());

  /** A condition with the reason and a remedy, and an Event with the same reason. */
  async function tells(
    kind: string,
    name: string,
    reason: string,
    remedy: RegExp,
    type: "Ready" | "Stalled",
  ): Promise<void> {
    await vi.waitFor(async () => {
      const { conditions = [] } = (await velvet.read(kind, name)).status;
      const said = { type, reason, message: expect.stringMatching(remedy) };
      expect(conditions).toContainEqual(expect.objectContaining(said));
      const told = await eventsOf(sharedApiServer(), velvet.namespace, name);
      expect(told).toContainEqual(expect.objectContaining({ reason, note: expect.stringMatching(remedy) }));
    }, PATIENCE);
  }

  it(
    "a request for a credential that does not exist",
    async () => {
      const applied = await velvet.apply(velvet.request("nobody", { credentialRef: { name: "unknown" } }));
      expect(applied.code, applied.stderr).toBe(0);
      await tells(
        "rr",
        "nobody",
        "CredentialNotFound",
        /There is no Credential unknown yet\. A manifest of it/,
        "Ready",
      );
    },
    LONG_MS,
  );

  it(
    "a request for a credential of another namespace",
    async () => {
      const elsewhere = await sharedApiServer().createNamespace("elsewhere");
      const other = velvet.credential("of-others") as { readonly metadata: object };
      const placed = { ...other, metadata: { ...other.metadata, namespace: elsewhere } };
      expect((await velvet.apply(placed)).stderr).not.toContain("Error");
      await velvet.apply(velvet.request("stranger", { credentialRef: { name: "of-others" } }));
      await tells("rr", "stranger", "CredentialNotFound", /There is no Credential of-others yet/, "Ready");
    },
    LONG_MS,
  );

  it(
    "a request with an unknown flow, which the API server does not even take",
    async () => {
      const { stderr } = await velvet.apply(velvet.request("sideways", { flow: "Sideways" }));
      expect(stderr).toMatch(/spec\.flow: Unsupported value: "Sideways": supported values: "Operational"/);
    },
    LONG_MS,
  );

  it.each([
    [
      "with a digest that is not the open gate's",
      "stale",
      { digest: `sha256:${"0".repeat(32)}` },
      "StaleDigest",
      /digest/,
    ],
    [
      "whose confirmation is another credential's name",
      "unsure",
      { confirm: "ANOTHER" },
      "ConfirmMismatch",
      /confirm: API_TOKEN/,
    ],
  ])(
    "a decision %s",
    async (_, name, wrong, reason, remedy) => {
      const { gate } = (await velvet.read("rr", "gated")).status as { gate?: { digest: string } };
      const right = { digest: gate?.digest, confirm: "API_TOKEN", ticket: "SEC-1" };
      const spec = { requestRef: { name: "gated" }, action: "Approve", gate: "Revoke", ...right, ...wrong };
      await velvet.apply(velvet.decision(name, spec));
      await tells("rd", name, reason, remedy, "Stalled");
      expect(conditionsOf(await velvet.read("rr", "gated"))).toMatchObject({
        RevokeApproved: "Unknown/AwaitingApproval",
      });
    },
    LONG_MS,
  );
});
