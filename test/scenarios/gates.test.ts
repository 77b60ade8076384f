import { describe, expect, it } from "vitest";
import { CREDENTIAL_NAME, Scenario } from "../support/scenario.ts";

const APPROVAL = { gates: { mint: "Automatic", revoke: "Approval" } } as const;

async function atTheRevokeGate(scenario: Scenario): Promise<string> {
  scenario.start();
  await scenario.request("first");
  await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  const { gate } = await scenario.status("first");
  return gate?.digest ?? "";
}

async function answer(scenario: Scenario, name: string): Promise<{ state: string; reason: string; message: string }> {
  const view = await scenario.until("first", ({ decisions }) =>
    decisions.some((decision) => decision.name === name && decision.state !== "pending"),
  );
  const { state, reason, message } = view.decisions.find((decision) => decision.name === name)!;
  return { state, reason, message };
}

describe("the revoke gate", () => {
  it("opens with a digest, and nothing is revoked before it is approved", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const digest = await atTheRevokeGate(scenario);
    expect(digest).toMatch(/^sha256:[0-9a-f]{32}$/);
    expect(scenario.vendor.calls("issuer.revoke")).toEqual([]);
    const status = await scenario.status("first");
    expect(status.stage).toBe("Validated");
    expect(status.conditions.find(({ type }) => type === "RevokeApproved")).toMatchObject({ status: "Unknown" });
    await scenario.decide("ok", {
      requestRef: { name: "first" },
      action: "Approve",
      gate: "Revoke",
      digest,
      confirm: CREDENTIAL_NAME,
      ticket: "OPS-1",
    });
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("done");
    expect(scenario.vendor.accepts("old-value")).toBe(false);
  });

  it("refuses a stale digest, a wrong confirm and a missing ticket, each with its reason", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const digest = await atTheRevokeGate(scenario);
    const approve = { requestRef: { name: "first" }, action: "Approve", gate: "Revoke" } as const;
    await scenario.decide("stale", { ...approve, digest: "sha256:0", confirm: CREDENTIAL_NAME, ticket: "OPS-1" });
    expect(await answer(scenario, "stale")).toMatchObject({ state: "refused", reason: "StaleDigest" });
    await scenario.decide("typo", { ...approve, digest, confirm: "TOKN", ticket: "OPS-1" });
    expect(await answer(scenario, "typo")).toMatchObject({ state: "refused", reason: "ConfirmMismatch" });
    await scenario.decide("ticketless", { ...approve, digest, confirm: CREDENTIAL_NAME });
    expect(await answer(scenario, "ticketless")).toMatchObject({ state: "refused", reason: "TicketMissing" });
    expect(scenario.vendor.calls("issuer.revoke")).toEqual([]);
  });

  it("denied, it leaves the new credential in use and names the old one as still live", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const digest = await atTheRevokeGate(scenario);
    await scenario.decide("no", { requestRef: { name: "first" }, action: "Deny", gate: "Revoke", digest });
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("aborted");
    expect(view.rotation.facts.residual).toMatchObject([{ kind: "OldCredentialLive" }]);
    expect(view.retired).toMatchObject([{ vendorId: "key-0", state: "live" }]);
    expect(scenario.vendor.accepts("old-value")).toBe(true);
    expect(scenario.vendor.held("app")).not.toBe("old-value");
  });

  it("stays shut for a name typed in a file where the account needs two people", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL, account: { twoPerson: true } });
    const digest = await atTheRevokeGate(scenario);
    await scenario.decide("ok", {
      requestRef: { name: "first" },
      action: "Approve",
      gate: "Revoke",
      digest,
      confirm: CREDENTIAL_NAME,
      ticket: "OPS-1",
    });
    expect(await answer(scenario, "ok")).toMatchObject({ state: "refused", reason: "TrustTooLow" });
  });

  it("is a person's even when automatic, as long as a consumer is inactive", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "old-app", active: false }] });
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    expect(scenario.vendor.held("old-app")).toBe("old-value");
    expect((await scenario.status("first")).gate?.message).toContain("old-app");
  });
});

describe("the mint gate", () => {
  it("holds everything back until it is approved with its digest", async () => {
    await using scenario = await Scenario.open({ credential: { gates: { mint: "Approval", revoke: "Automatic" } } });
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Mint !== undefined);
    expect(scenario.vendor.calls("issuer.mint")).toEqual([]);
    const { gate } = await scenario.status("first");
    await scenario.decide("go", {
      requestRef: { name: "first" },
      action: "Approve",
      gate: "Mint",
      digest: gate?.digest ?? "",
    });
    expect((await scenario.ended("first")).rotation.state).toBe("done");
  });

  it("past its deadline ends the rotation, with nothing minted", async () => {
    await using scenario = await Scenario.open({ credential: { gates: { mint: "Approval", revoke: "Automatic" } } });
    scenario.start();
    await scenario.request("first", { deadline: new Date(Date.now() + 1_500).toISOString() });
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("aborted");
    expect(scenario.vendor.calls("issuer.mint")).toEqual([]);
    expect(scenario.vendor.held("app")).toBe("old-value");
  });
});

describe("a decision that comes too late", () => {
  it("is refused: the rotation has ended", async () => {
    await using scenario = await Scenario.open();
    scenario.start();
    await scenario.request("first");
    await scenario.ended("first");
    await scenario.decide("late", { requestRef: { name: "first" }, action: "Abort" });
    expect(await answer(scenario, "late")).toMatchObject({ state: "refused", reason: "RotationEnded" });
  });
});
