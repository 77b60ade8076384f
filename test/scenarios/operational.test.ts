import { describe, expect, it } from "vitest";
import { Scenario } from "../support/scenario.ts";

describe("the Operational flow", () => {
  it("verifies, mints, distributes, validates, and only then revokes", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "worker" }] });
    const { vendor } = scenario;
    scenario.start();
    await scenario.request("first");
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("done");
    const order = vendor.history.map((call) => call.label).filter((label) => /mint|write|revoke/.test(label));
    expect(order).toEqual(["issuer.mint", "sink.write", "sink.write", "sink.write", "issuer.revoke"]);
    const value = vendor.held("custody");
    expect(value).not.toBe("old-value");
    expect(vendor.held("app")).toBe(value);
    expect(vendor.held("worker")).toBe(value);
    expect(vendor.accepts(value ?? "")).toBe(true);
    expect(vendor.accepts("old-value")).toBe(false);
    expect(await scenario.sealedLeft()).toBe(0);
  });

  it("takes an http check for a receipt by what it proves: alone, or only together with a read-back", async () => {
    const endpoint = (name: string, proves: string) => ({ name, url: `https://${name}.example.com/health`, proves });
    const check = (name: string) => ({ id: name, check: { type: "http" as const, account: "vendor", endpoint: name } });
    await using scenario = await Scenario.open({
      account: { endpoints: [endpoint("exact", "credential"), endpoint("up", "liveness")] },
      consumers: [check("exact"), check("up")],
    });
    scenario.start();
    await scenario.request("first");
    const view = await scenario.ended("first");
    const receipts = new Map(view.consumers.map(({ id, facts }) => [id, facts.receipt]));
    expect(receipts.get("exact")).toMatchObject({ by: "check", proves: "credential" });
    expect(receipts.get("up")).toMatchObject({ by: "check", proves: "liveness" });
    const observed = scenario.vendor.calls("sink.observe").map(({ target }) => target);
    // Each is read once at the last look before the revoke; only the liveness check needed it for its receipt as well.
    expect(observed.filter((target) => target === "up")).toHaveLength(2);
    expect(observed.filter((target) => target === "exact")).toHaveLength(1);
  });

  it("never takes presence for a receipt: a person confirms", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.sinkTraits = { grade: "presence", atomic: true, conditional: false };
    scenario.vendor.stored.delete("custody");
    scenario.vendor.keys.clear();
    scenario.vendor.required.clear();
    scenario.start();
    await scenario.request("first", { expect: "Absent" });
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "validate_failed");
    expect(view.consumers.find(({ id }) => id === "app")?.facts.failure).toMatchObject({
      reason: "CannotBeRead",
      stalled: true,
    });
    await scenario.decide("seen", { requestRef: { name: "first" }, action: "ConfirmConsumer", consumer: "app" });
    expect((await scenario.ended("first")).rotation.state).toBe("done");
  });
});
