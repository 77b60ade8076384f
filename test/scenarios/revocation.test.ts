import { describe, expect, it } from "vitest";
import { followUpOf } from "../../controller/domain/follow-up.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import { dueAlarms } from "../../controller/ledger/projections.ts";
import type { RotationView } from "../../controller/ledger/views.ts";
import { Scenario } from "../support/scenario.ts";

const LEAK = { flow: "Revocation", reason: "in a public log", ticket: "SEC-7" } as const;
/** The first consumer accepts the value, and is asked over HTTP. */
const GATE = {
  account: {
    endpoints: [
      {
        name: "gate",
        url: "https://gate.example/",
        proves: "credential",
        send: { field: "value", header: "Authorization" },
      },
    ],
  },
  consumers: [
    { id: "gate", role: "acceptor", check: { type: "http", account: "vendor", endpoint: "gate" } },
    { id: "app" },
  ],
} as const;

function conditionOf(view: RotationView, type: string) {
  return summarize(view).conditions.find((condition) => condition.type === type);
}

describe("a credential that leaked", () => {
  it("ends at once, and everybody who sends it is shown to be locked out", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "cron" }] });
    scenario.start();
    await scenario.request("leaked", LEAK);
    const done = await scenario.ended("leaked");
    expect(done.rotation.state).toBe("rev_done");
    expect(scenario.vendor.keys.has("key-0")).toBe(false);
    expect(done.rotation.facts.revocation?.ids).toMatchObject([{ id: "key-0", is: "current", state: "ended" }]);
    expect(conditionOf(done, "LockedOut")).toMatchObject({ status: "True", message: "2 of 2 consumers" });
    expect(conditionOf(done, "Ready")).toMatchObject({ status: "True", reason: "RevDone" });
    expect(await scenario.sealedLeft()).toBe(0);
  });

  it("is followed by a rotation that expects it dead", async () => {
    await using scenario = await Scenario.open();
    scenario.start();
    await scenario.request("leaked", LEAK);
    const next = followUpOf((await scenario.ended("leaked")).rotation);
    expect(next).toMatchObject({ name: "leaked-follow-up", spec: { expect: "Dead", ticket: "SEC-7" } });
    await scenario.request(next?.name ?? "", { ...next?.spec });
    expect((await scenario.ended("leaked-follow-up")).rotation.state).toBe("done");
  });

  it("pre-empts a rotation that waits for a person, which says so", async () => {
    await using scenario = await Scenario.open({ credential: { gates: { mint: "Automatic", revoke: "Approval" } } });
    scenario.start();
    await scenario.request("quarterly");
    await scenario.until("quarterly", (view) => summarize(view).gate !== undefined);
    await scenario.request("leaked", LEAK);
    const done = await scenario.ended("leaked");
    const ended = summarize(await scenario.rotation("quarterly"));
    expect(ended).toMatchObject({ stage: "Aborted" });
    expect(ended.gate).toBeUndefined();
    expect(ended.conditions[0]?.message).toContain("The Revocation team/leaked pre-empted it in Validated.");
    expect(ended.residual).toMatchObject([{ kind: "Preempted" }]);
    // Everybody had proven the new one: it stays, and only the old one ends.
    expect(done.rotation.facts.revocation).toMatchObject({ preempted: { name: "quarterly", kept: true } });
    expect(done.rotation.facts.revocation?.ids).toHaveLength(1);
    expect(scenario.vendor.keys.has("key-0")).toBe(false);
    expect([...scenario.vendor.keys.keys()]).toEqual([done.credential.currentId]);
    expect(followUpOf(done.rotation)?.spec.expect).toBe("Alive");
  });

  it("gives way to no other Revocation: the second one is refused with the first one's name", async () => {
    await using scenario = await Scenario.open({ account: { twoPerson: true } });
    scenario.start();
    await scenario.request("leaked", LEAK);
    await scenario.until("leaked", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    await scenario.request("again", LEAK);
    const { reason, message } = await scenario.requestState("again", "refused");
    expect(reason).toBe("RotationInProgress");
    expect(message).toContain("leaked");
  });

  it("is not ended by one person where two are needed, and nothing ends when the second says no in time", async () => {
    await using scenario = await Scenario.open({ account: { twoPerson: true } });
    scenario.start();
    await scenario.request("leaked", LEAK);
    const open = await scenario.until("leaked", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    const { gate } = summarize(open);
    expect(gate?.message).toBe("key-0 will be ended at once.");
    const approve = {
      requestRef: { name: "leaked" },
      action: "Approve",
      gate: "Revoke",
      digest: gate?.digest ?? "",
    } as const;
    await scenario.decide("own", { ...approve, confirm: "TOKEN", ticket: "SEC-7", decidedBy: "ana" });
    expect(await scenario.answer("own")).toMatchObject({ state: "refused", reason: "TrustTooLow" });
    expect(scenario.vendor.keys.get("key-0")?.enabled).toBe(true);
  });

  it("waits when too many were asked for within an hour", async () => {
    await using scenario = await Scenario.open();
    scenario.start();
    for (const name of ["one", "two", "three"]) {
      await scenario.request(name, LEAK);
      await scenario.ended(name);
    }
    await scenario.request("four", LEAK);
    const waiting = async () => (await scenario.requestState("four", "pending")).reason;
    await expect.poll(waiting, { timeout: 10_000 }).toBe("RevocationRateLimited");
  });

  it("ends although a consumer cannot be opened, which is named", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "lost", account: "nobody" }] });
    scenario.start();
    await scenario.request("leaked", LEAK);
    const done = await scenario.ended("leaked");
    expect(done.rotation.state).toBe("rev_done");
    expect(done.rotation.facts.residual).toMatchObject([
      { kind: "NotLockedOut", message: expect.stringContaining("lost could not be asked") },
    ]);
  });
});

describe("a consumer that goes on letting it in", () => {
  it("is an alarm, asked again until it is over", async () => {
    await using scenario = await Scenario.open(GATE);
    scenario.vendor.check = () => ({ outcome: "pass", reason: "StatusExpected", message: "answered 200." });
    scenario.start();
    await scenario.request("leaked", LEAK);
    const leaked = await scenario.until("leaked", ({ rotation }) => rotation.state === "rev_leaked", 30_000);
    expect(summarize(leaked).consumers).toMatchObject([
      { id: "app", state: "locked_out" },
      { id: "gate", state: "leaking" },
    ]);
    expect(conditionOf(leaked, "LockedOut")).toMatchObject({ status: "False", reason: "OldValueAccepted" });
    expect(await dueAlarms(scenario.ledger.db, 8)).toMatchObject([
      { topic: "alarm", key: leaked.rotation.id, version: 1 },
    ]);
    scenario.vendor.check = () => ({ outcome: "unauthorized", reason: "Unauthorized", message: "answered 401." });
    expect((await scenario.ended("leaked")).rotation.state).toBe("rev_done");
  }, 60_000);

  it("is over when a person says so, with a ticket", async () => {
    await using scenario = await Scenario.open(GATE);
    scenario.vendor.check = () => ({ outcome: "pass", reason: "StatusExpected", message: "answered 200." });
    scenario.start();
    await scenario.request("leaked", LEAK);
    await scenario.until("leaked", ({ rotation }) => rotation.state === "rev_leaked", 30_000);
    const over = { requestRef: { name: "leaked" }, action: "ConfirmLeakResolved" } as const;
    await scenario.decide("bare", over);
    expect(await scenario.answer("bare")).toMatchObject({ state: "refused", reason: "TicketMissing" });
    await scenario.decide("whole", { ...over, ticket: "SEC-7" });
    expect(await scenario.answer("whole")).toMatchObject({ state: "accepted" });
    expect((await scenario.ended("leaked")).rotation.state).toBe("rev_done");
  }, 60_000);

  it("is neither in nor out when its answer says nothing", async () => {
    await using scenario = await Scenario.open(GATE);
    scenario.vendor.check = () => ({
      outcome: "inconclusive",
      reason: "EdgeAnswered",
      message: "a proxy answered 403.",
    });
    scenario.start();
    await scenario.request("leaked", LEAK);
    const wanted = (view: RotationView) =>
      view.consumers.some(({ facts }) => facts.failure?.reason === "LockOutInconclusive");
    const view = await scenario.until("leaked", wanted);
    expect(view.rotation.state).toBe("rev_validating");
    expect(summarize(view).conditions.some(({ type }) => type === "Stalled")).toBe(false);
  });
});
