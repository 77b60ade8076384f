import { describe, expect, it } from "vitest";
import { OutcomeUnknown, Terminal, Transient } from "../../adapters/errors.ts";
import type { Call } from "../support/fake-vendor.ts";
import { Scenario } from "../support/scenario.ts";

const FACTS = { vendor: "fake", operation: "test" };
const away = () => new Transient({ reason: "Unreachable", message: "The vendor is away." }, FACTS);

/** Fails the first `times` calls of a label. */
function failing(scenario: Scenario, wanted: (call: Call) => boolean, times: number, error: () => Error): void {
  let left = times;
  scenario.vendor.fault = (call, point) => {
    if (point !== "before" || !wanted(call) || left <= 0) return;
    left -= 1;
    throw error();
  };
}

describe("a consumer that cannot be written", () => {
  it("does not hide the others, is tried again with backoff, and holds the revoke back until it works", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "good" }, { id: "bad" }] });
    failing(scenario, (call) => call.label === "sink.write" && call.target === "bad", 2, away);
    scenario.start();
    await scenario.request("first");
    const partial = await scenario.until("first", ({ rotation }) => rotation.state === "distribute_partial");
    expect(partial.consumers.find(({ id }) => id === "bad")?.facts.failure).toMatchObject({ reason: "Unreachable" });
    await scenario.until("first", ({ consumers }) =>
      consumers.some(({ id, state }) => id === "good" && state === "working"),
    );
    expect(scenario.vendor.calls("issuer.revoke")).toEqual([]);
    expect((await scenario.ended("first")).rotation.state).toBe("done");
    expect(scenario.vendor.outages).toEqual([]);
  });

  it("in an early wave stops the later ones, as long as its failures are over the budget", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "canary" }, { id: "fleet", wave: 1 }] });
    failing(scenario, (call) => call.target === "canary" && call.label === "sink.write", 1, away);
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.state === "distribute_partial");
    expect(scenario.vendor.held("fleet")).toBe("old-value");
    expect((await scenario.ended("first")).rotation.state).toBe("done");
    const writes = scenario.vendor.calls("sink.write").map(({ target }) => target);
    expect(writes.indexOf("fleet")).toBeGreaterThan(writes.indexOf("canary"));
  });

  it("can be skipped with a ticket; then a person approves the revoke", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "good" }, { id: "gone" }] });
    const gone = () => new Terminal({ reason: "TargetGone", message: "There is no such app." }, FACTS);
    failing(scenario, (call) => call.target === "gone" && call.label === "sink.write", 99, gone);
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.state === "distribute_partial");
    const decision = { requestRef: { name: "first" }, consumer: "gone" } as const;
    await scenario.decide("bare", { ...decision, action: "SkipConsumer" });
    await scenario.decide("skip", { ...decision, action: "SkipConsumer", ticket: "OPS-2" });
    const view = await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    expect(view.decisions.find(({ name }) => name === "bare")).toMatchObject({ reason: "TicketMissing" });
    expect(view.rotation.state).toBe("validated");
  });

  it("is tried at once when a person asks for it", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }] });
    const refused = () => new Terminal({ reason: "Forbidden", message: "The account may not write." }, FACTS);
    failing(scenario, (call) => call.target === "app" && call.label === "sink.write", 1, refused);
    scenario.start();
    await scenario.request("first");
    const failed = await scenario.until("first", ({ rotation }) => rotation.state === "distribute_failed");
    // By itself it would be tried in minutes only.
    expect(Date.parse(failed.consumers[1]?.facts.failure?.nextTryAt ?? "")).toBeGreaterThan(Date.now() + 60_000);
    await scenario.decide("again", { requestRef: { name: "first" }, action: "RetryConsumers" });
    expect((await scenario.ended("first")).rotation.state).toBe("done");
  });
});

describe("what breaks outside of a call", () => {
  it("to one consumer's account fails that consumer alone, and is shown", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "good" }, { id: "locked" }] });
    const { vendor } = scenario;
    vendor.onOpen = (target) => {
      if (target === "locked")
        throw new Terminal({ reason: "AccountSecretMissing", message: "It is not there." }, FACTS);
    };
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until(
      "first",
      ({ rotation, consumers }) =>
        rotation.state === "distribute_partial" &&
        consumers.some(({ id, state }) => id === "good" && state === "working"),
    );
    const locked = view.consumers.find(({ id }) => id === "locked");
    expect(locked).toMatchObject({ touched: false, facts: { failure: { reason: "AccountSecretMissing" } } });
  });

  it("to custody's account is the rotation's failure, tried again later", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.onOpen = () => {
      throw new Terminal({ reason: "AccountSecretMissing", message: "It is not there." }, FACTS);
    };
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "verify_failed");
    expect(view.rotation.facts.failure).toMatchObject({ reason: "AccountSecretMissing", stalled: true });
  });

  it("by an adapter's bug is an unknown outcome without its message, which may hold anything", async () => {
    await using scenario = await Scenario.open();
    const canary = "canary-8d1f";
    failing(
      scenario,
      (call) => call.label === "sink.write" && call.target === "app",
      99,
      () => new Error(canary),
    );
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "distribute_failed");
    expect(JSON.stringify(view)).not.toContain(canary);
    expect(view.consumers.find(({ id }) => id === "app")?.facts.failure?.reason).toBe("AdapterFault");
  });
});

describe("a consumer whose check is a person", () => {
  it("waits, named in pendingConsumers, until somebody confirms it", async () => {
    await using scenario = await Scenario.open({
      consumers: [{ id: "app" }, { id: "laptop", check: { type: "manual" } }],
    });
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ consumers }) =>
      consumers.some(({ id, state }) => id === "laptop" && state === "settled"),
    );
    expect((await scenario.status("first")).pendingConsumers).toEqual(["laptop"]);
    expect(scenario.vendor.calls("issuer.revoke")).toEqual([]);
    await scenario.decide("works", { requestRef: { name: "first" }, action: "ConfirmConsumer", consumer: "laptop" });
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("done");
    expect(view.consumers.find(({ id }) => id === "laptop")?.facts.receipt).toMatchObject({ by: "person" });
  });
});

describe("verify", () => {
  it("takes an unreachable vendor for no verdict, and goes on when it is back", async () => {
    await using scenario = await Scenario.open();
    failing(scenario, (call) => call.label === "issuer.verify", 2, away);
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "verify_failed");
    expect(view.rotation.facts.failure).toMatchObject({ reason: "Unreachable", stalled: false });
    expect((await scenario.ended("first")).rotation.state).toBe("done");
  });

  it("stops at a dead credential, says what to request instead, and can be aborted", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.keys.clear();
    scenario.vendor.required.clear();
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "verify_failed");
    expect(view.rotation.facts.failure).toMatchObject({ reason: "CredentialDead", stalled: true });
    expect((await scenario.status("first")).conditions.find(({ type }) => type === "Stalled")).toBeDefined();
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    expect((await scenario.ended("first")).rotation.state).toBe("aborted");
    await scenario.request("second", { expect: "Dead" });
    expect((await scenario.ended("second")).rotation.state).toBe("done");
    expect(scenario.vendor.accepts(scenario.vendor.held("app") ?? "")).toBe(true);
  });

  it("does not believe a vendor that accepts a mutated value as well", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.accepts = () => true;
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "verify_failed");
    expect(view.rotation.facts.failure?.reason).toBe("NegativeControlFailed");
  });

  it("fails on a full quota, with the ids that fill it, before anything is touched", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.maxLive = 2;
    scenario.vendor.keys.set("key-other", { value: "other", marker: undefined, enabled: true });
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "verify_failed");
    expect(view.rotation.facts.failure?.reason).toBe("QuotaExhausted");
    expect(view.rotation.facts.failure?.message).toContain("key-0 (the one in use), key-other");
  });

  it("fails on a place that a disabled credential holds, where the vendor counts those", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.maxLive = 2;
    scenario.vendor.countsDisabled = true;
    scenario.vendor.keys.set("key-other", { value: "other", marker: undefined, enabled: false });
    scenario.start();
    await scenario.request("first");
    const view = await scenario.until("first", ({ rotation }) => rotation.state === "verify_failed");
    expect(view.rotation.facts.failure?.reason).toBe("QuotaExhausted");
    expect(view.rotation.facts.failure?.message).toContain("key-0 (the one in use), key-other (disabled)");
  });

  it("issues the first credential where none is expected", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.keys.clear();
    scenario.vendor.stored.clear();
    scenario.vendor.required.clear();
    scenario.start();
    await scenario.request("first", { expect: "Absent" });
    expect((await scenario.ended("first")).rotation.state).toBe("done");
    expect(scenario.vendor.accepts(scenario.vendor.held("app") ?? "")).toBe(true);
    expect(scenario.vendor.calls("issuer.revoke")).toEqual([]);
  });
});

describe("mint", () => {
  it("with a lost reply is found out by the same value under the same marker: one credential, not two", async () => {
    await using scenario = await Scenario.open();
    let lost = false;
    scenario.vendor.fault = (call, point) => {
      if (call.label !== "issuer.mint" || point !== "after" || lost) return;
      lost = true;
      throw new OutcomeUnknown({ reason: "ConnectionLost", message: "The reply was lost." }, FACTS);
    };
    scenario.start();
    await scenario.request("first");
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("done");
    expect(view.attempts).toHaveLength(1);
    expect([...scenario.vendor.keys.values()].filter((key) => key.enabled)).toHaveLength(1);
  });

  it("that the vendor definitely refuses ends the rotation, with the old credential in use", async () => {
    await using scenario = await Scenario.open();
    const refused = () => new Terminal({ reason: "Refused", message: "The vendor refuses it." }, FACTS);
    failing(scenario, (call) => call.label === "issuer.mint", 1, refused);
    scenario.start();
    await scenario.request("first");
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("mint_failed");
    expect(scenario.vendor.held("app")).toBe("old-value");
    expect(await scenario.sealedLeft()).toBe(0);
  });

  it("is bounded: the fourth of a day waits, and says so", async () => {
    await using scenario = await Scenario.open({ credential: { rotation: { quarantine: "0s" } }, leaseMs: 600 });
    scenario.start();
    for (const name of ["one", "two", "three"]) {
      await scenario.request(name);
      expect((await scenario.ended(name)).rotation.state).toBe("done");
    }
    await scenario.request("four");
    const view = await scenario.until("four", ({ rotation }) => rotation.facts.failure !== undefined);
    expect(view.rotation.facts.failure).toMatchObject({ reason: "MintBudgetExhausted", stalled: true });
    expect(scenario.vendor.calls("issuer.mint")).toHaveLength(3);
  });

  it("that was not reached is tried again as a new attempt", async () => {
    await using scenario = await Scenario.open();
    failing(scenario, (call) => call.label === "issuer.mint", 1, away);
    scenario.start();
    await scenario.request("first");
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("done");
    expect(view.attempts.map(({ state }) => state)).toEqual(["burned", "current"]);
  });
});

describe("the point of no return", () => {
  it("is held back while somebody still uses the old credential, until a person insists", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.active = 2;
    scenario.start();
    await scenario.request("first");
    const held = await scenario.until(
      "first",
      ({ rotation }) => rotation.facts.failure?.reason === "OldCredentialInUse",
    );
    expect(held.rotation.state).toBe("validated");
    expect(scenario.vendor.accepts("old-value")).toBe(true);
    await scenario.decide("now", { requestRef: { name: "first" }, action: "RetryRevoke" });
    expect((await scenario.ended("first")).rotation.state).toBe("done");
  });

  it("withdraws the receipt of a consumer that was overwritten since, and writes it again", async () => {
    await using scenario = await Scenario.open({
      credential: { rotation: { overlap: "600ms" } },
      consumers: [{ id: "app" }],
    });
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.state === "validated");
    scenario.vendor.put("app", "TOKEN", "old-value");
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("done");
    expect(scenario.vendor.held("app")).toBe(scenario.vendor.held("custody"));
    expect(scenario.vendor.outages).toEqual([]);
  });

  it("failed, remembers the old id, and a person can mark it as revoked", async () => {
    await using scenario = await Scenario.open();
    const refused = () => new Terminal({ reason: "Forbidden", message: "The account may not revoke." }, FACTS);
    failing(scenario, (call) => call.label === "issuer.revoke", 99, refused);
    scenario.start();
    await scenario.request("first");
    const failed = await scenario.until("first", ({ rotation }) => rotation.state === "revoke_failed");
    expect(failed.retired).toMatchObject([{ vendorId: "key-0", state: "live" }]);
    await scenario.decide("abort", { requestRef: { name: "first" }, action: "Abort" });
    await scenario.decide("byhand", { requestRef: { name: "first" }, action: "MarkRevoked", ticket: "OPS-3" });
    const view = await scenario.ended("first");
    expect(view.decisions.find(({ name }) => name === "abort")).toMatchObject({ reason: "PastThePointOfNoReturn" });
    expect(view.rotation.state).toBe("done");
    expect(view.retired).toMatchObject([{ vendorId: "key-0", state: "manual" }]);
  });
});
