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
});
