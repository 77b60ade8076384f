import { describe, expect, it } from "vitest";
import { Terminal } from "../../adapters/errors.ts";
import { CREDENTIAL, Scenario } from "../support/scenario.ts";

/** The way back waits for two leases, as a write may be made twice. */
const LEASE_MS = 800;
const FACTS = { vendor: "fake", operation: "test" };
const refused = () => new Terminal({ reason: "Forbidden", message: "The account may not write." }, FACTS);

/** The vendor and everybody who holds a copy are as they were before the rotation. */
function expectAsBefore(scenario: Scenario): void {
  const { vendor } = scenario;
  expect(vendor.held("app")).toBe("old-value");
  expect(vendor.held("custody")).toBe("old-value");
  expect([...vendor.keys].filter(([, key]) => key.enabled).map(([id]) => id)).toEqual(["key-0"]);
  expect(vendor.outages).toEqual([]);
}

describe("abort", () => {
  it("before anything was minted ends the rotation with nothing changed", async () => {
    await using scenario = await Scenario.open({ credential: { gates: { mint: "Approval", revoke: "Automatic" } } });
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Mint !== undefined);
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    expect((await scenario.ended("first")).rotation.state).toBe("aborted");
    expect(scenario.vendor.calls("issuer.mint")).toEqual([]);
    expectAsBefore(scenario);
  });

  it("in the middle of distribution writes the old value back to everybody who was touched, and only then ends the new one", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "bad" }], leaseMs: LEASE_MS });
    const { vendor } = scenario;
    vendor.fault = (call, point) => {
      if (point === "before" && call.label === "sink.write" && call.target === "bad") throw refused();
    };
    scenario.start();
    await scenario.request("first");
    await scenario.until(
      "first",
      ({ rotation, consumers }) =>
        rotation.state === "distribute_partial" &&
        consumers.some(({ id, state }) => id === "app" && state === "working"),
    );
    vendor.fault = () => undefined;
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("aborted");
    expect(view.rotation.facts.residual).toEqual([]);
    expectAsBefore(scenario);
    const labels = vendor.history.map(({ label }) => label);
    expect(labels.lastIndexOf("issuer.revoke")).toBeGreaterThan(labels.lastIndexOf("sink.write"));
    expect(await scenario.sealedLeft()).toBe(0);
  });

  it("empties custody again where it was empty before", async () => {
    await using scenario = await Scenario.open({
      leaseMs: LEASE_MS,
      credential: { readFrom: "app" },
      consumers: [{ id: "app" }, { id: "laptop", check: { type: "manual" } }],
    });
    scenario.vendor.stored.delete("custody");
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ consumers }) =>
      consumers.some(({ id, state }) => id === "laptop" && state === "settled"),
    );
    expect(scenario.vendor.held("custody")).toBeDefined();
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    expect((await scenario.ended("first")).rotation.state).toBe("aborted");
    expect(scenario.vendor.held("custody")).toBeUndefined();
    expect(scenario.vendor.held("app")).toBe("old-value");
  });

  it("that cannot write everybody back leaves the new credential alive, and names who may hold it", async () => {
    await using scenario = await Scenario.open({
      leaseMs: LEASE_MS,
      consumers: [{ id: "app" }, { id: "laptop", check: { type: "manual" } }],
    });
    const { vendor } = scenario;
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ consumers }) =>
      consumers.some(({ id, state }) => id === "laptop" && state === "settled"),
    );
    vendor.fault = (call, point) => {
      if (point === "before" && call.label === "sink.write" && call.target === "app") throw refused();
    };
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    const view = await scenario.until("first", ({ rotation }) => rotation.endedAt !== undefined, 25_000);
    expect(view.rotation.state).toBe("aborted");
    expect(view.rotation.facts.residual?.map(({ kind }) => kind)).toEqual(["NotWrittenBack", "NewCredentialLive"]);
    expect(view.retired.map(({ state }) => state)).toEqual(["live"]);
    expect(vendor.accepts(vendor.held("app") ?? "")).toBe(true);
    expect(vendor.outages).toEqual([]);
  });
});

describe("requests", () => {
  it("for a credential that is being rotated are refused, with the first one's name", async () => {
    await using scenario = await Scenario.open({ credential: { gates: { mint: "Automatic", revoke: "Approval" } } });
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.state === "validated");
    await scenario.request("second");
    const refusal = await scenario.requestState("second", "refused");
    expect(refusal).toMatchObject({ reason: "RotationInProgress" });
    expect(refusal.message).toContain("first");
  });

  it("past their deadline expire and are never executed", async () => {
    await using scenario = await Scenario.open();
    scenario.start();
    await scenario.request("old", { deadline: "2020-01-01T00:00:00Z" });
    expect(await scenario.requestState("old", "expired")).toMatchObject({ reason: "Expired" });
    expect(scenario.vendor.history).toEqual([]);
  });

  it("for a target that the account does not allow are refused, with the target named", async () => {
    await using scenario = await Scenario.open({
      account: { allow: [{ namespaces: ["*"], targets: { path: ["issuer", "custody", "other-*"] } }] },
    });
    scenario.start();
    await scenario.request("first");
    const refusal = await scenario.requestState("first", "refused");
    expect(refusal).toMatchObject({ reason: "NotAllowed" });
    expect(refusal.message).toContain("path app");
  });

  it("of another environment are refused, with both named", async () => {
    await using scenario = await Scenario.open({ credential: { environment: "production" } });
    scenario.start();
    await scenario.request("first");
    const refusal = await scenario.requestState("first", "refused");
    expect(refusal).toMatchObject({ reason: "WrongEnvironment" });
    expect(refusal.message).toMatch(/production.*test/);
  });
});

describe("a retired credential", () => {
  it("is only disabled at first, and destroyed when its quarantine is over", async () => {
    await using scenario = await Scenario.open({ credential: { rotation: { quarantine: "300ms" } } });
    scenario.start();
    await scenario.request("first");
    const view = await scenario.ended("first");
    expect(view.retired).toMatchObject([{ vendorId: "key-0", state: "quarantined" }]);
    await scenario.until("first", ({ retired }) => retired.some(({ state }) => state === "destroyed"));
    expect(scenario.vendor.keys.has("key-0")).toBe(false);
  });

  it("keeps its place at a vendor with few of them until then", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.maxLive = 2;
    scenario.start();
    await scenario.request("first");
    expect((await scenario.ended("first")).rotation.state).toBe("done");
    await scenario.request("second");
    const view = await scenario.until("second", ({ rotation }) => rotation.state === "verify_failed");
    expect(view.rotation.facts.failure?.reason).toBe("RetiredIdOpen");
  });

  it("is brought back, or destroyed before its time, when a person decides so", async () => {
    await using scenario = await Scenario.open();
    scenario.start();
    await scenario.request("first");
    await scenario.ended("first");
    const about = { credentialRef: { name: CREDENTIAL }, vendorId: "key-0" } as const;
    await scenario.decide("back", { ...about, action: "RestoreRetired" });
    await scenario.until("first", ({ retired }) => retired.some(({ state }) => state === "restored"));
    expect(scenario.vendor.accepts("old-value")).toBe(true);
    await scenario.decide("gone", { ...about, action: "DestroyRetired" });
    expect(await scenario.answer("gone")).toMatchObject({ state: "accepted" });
    await scenario.until("first", ({ retired }) => retired.some(({ state }) => state === "destroyed"));
    expect(scenario.vendor.accepts("old-value")).toBe(false);
    await scenario.decide("unknown", { ...about, vendorId: "key-x", action: "DestroyRetired" });
    expect(await scenario.answer("unknown")).toMatchObject({ state: "refused", reason: "RetiredUnknown" });
  });

  it("that an abort left live is disabled and destroyed when a person decides so", async () => {
    await using scenario = await Scenario.open({ credential: { gates: { mint: "Automatic", revoke: "Approval" } } });
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    const about = { credentialRef: { name: CREDENTIAL }, vendorId: "key-0" } as const;
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    await scenario.ended("first");
    await scenario.decide("gone", { ...about, action: "DestroyRetired" });
    await scenario.until("first", ({ retired }) => retired.some(({ state }) => state === "destroyed"));
    expect(scenario.vendor.accepts("old-value")).toBe(false);
    expect(scenario.vendor.held("app")).toBe(scenario.vendor.held("custody"));
  });
});
