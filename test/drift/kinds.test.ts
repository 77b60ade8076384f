import { describe, expect, it } from "vitest";
import { Terminal, Transient } from "../../adapters/errors.ts";
import { CREDENTIAL_NAME } from "../support/scenario.ts";
import { finding, told, Watch } from "./watch.ts";

const VERSION = { grade: "version", atomic: true, conditional: false } as const;
const PRESENCE = { grade: "presence", atomic: true, conditional: false } as const;
const NONE = { grade: "none", atomic: true, conditional: false } as const;

describe("what a consumer holds", () => {
  it("is in place after a rotation, and no write of Velvet's own is drift", async () => {
    await using watch = await Watch.open();
    const view = await watch.look();
    expect(view).toMatchObject({ state: "clean", findings: [], postponed: null });
    expect(view.places).toMatchObject({
      "": { grade: "value", state: "in-place" },
      app: { grade: "value", state: "in-place" },
      worker: { grade: "value", state: "in-place" },
    });
    await watch.rotate("second");
    expect(await watch.kinds()).toEqual([]);
    expect(await watch.events()).toEqual([]);
  });

  it("was changed by somebody else: ValueChanged, with since when", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("app", "something-else");
    const first = finding(await watch.look(), "ValueChanged");
    expect(first).toMatchObject({ place: "app", grade: "value", state: "open", details: { keys: ["TOKEN"] } });
    const second = finding(await watch.look(), "ValueChanged");
    expect(second.since).toBe(first.since);
    expect(second.lastSeenAt > first.lastSeenAt).toBe(true);
    expect(await watch.events()).toEqual(["DriftFound"]);
    watch.vendor.overwrite("app", watch.current);
    expect(await watch.look()).toMatchObject({ state: "clean", findings: [] });
    expect(await watch.events()).toEqual(["DriftFound", "DriftGone"]);
  });

  it("was removed: ValueRemoved", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("app", undefined);
    expect(await watch.kinds()).toEqual(["app ValueRemoved"]);
  });

  it("went back to a value that Velvet minted, or that was there before Velvet: RevertedToOld", async () => {
    await using watch = await Watch.open();
    const minted = watch.current;
    watch.vendor.overwrite("app", "old-value");
    expect(await watch.kinds()).toEqual(["app RevertedToOld"]);
    await watch.rotate("second");
    watch.vendor.overwrite("app", minted);
    expect(await watch.kinds()).toEqual(["app RevertedToOld"]);
  });

  it("is hidden by something before it: Shadowed", async () => {
    await using watch = await Watch.open();
    watch.vendor.shadows.set("app TOKEN", "the secret of the environment production");
    const shadowed = finding(await watch.look(), "Shadowed");
    expect(shadowed.message).toContain("the secret of the environment production");
  });

  it("was written after us, at the grade of version: ValueChanged, and by whom", async () => {
    await using watch = await versioned(VERSION);
    expect((await watch.look()).places["app"]).toMatchObject({ grade: "version", state: "unchanged" });
    await watch.longAfter();
    expect(await watch.kinds()).toEqual([]);
    watch.vendor.overwrite("app", watch.current, { by: "mallory" });
    const changed = finding(await watch.look(), "ValueChanged");
    expect(changed).toMatchObject({ grade: "version", details: { changedBy: "mallory" } });
    expect(changed.message).toContain("its value cannot be seen");
  });

  it("is only known to be there, at the grade of presence: a change is not seen, a removal is", async () => {
    await using watch = await versioned(PRESENCE);
    watch.vendor.overwrite("app", "something-else");
    const view = await watch.look();
    expect(view.places["app"]).toMatchObject({ grade: "presence", state: "present" });
    expect(told(view)).toEqual([]);
    watch.vendor.overwrite("app", undefined);
    expect(await watch.kinds()).toEqual(["app ValueRemoved"]);
  });

  it("cannot be seen at all at the grade of none, and that is said", async () => {
    await using watch = await versioned(NONE);
    watch.vendor.overwrite("app", undefined);
    const view = await watch.look();
    expect(view.places["app"]).toMatchObject({ grade: "none", state: "unseen" });
    expect(told(view)).toEqual([]);
  });

  it("was never given by Velvet where a consumer is new: that is said, and is no drift", async () => {
    await using watch = await Watch.open();
    await watch.scenario.change("Credential", "token", (spec: { consumers: object[] }) => ({
      ...spec,
      consumers: [...spec.consumers, { ...spec.consumers[0], id: "late", fake: { path: "late" } }],
    }));
    const view = await watch.look();
    expect(view.places["late"]).toMatchObject({ state: "not-given" });
    expect(told(view)).toEqual([]);
  });
});

/** The consumer's sink shows so much after the rotation; before, it is read so that it can be validated. */
async function versioned(traits: typeof VERSION | typeof PRESENCE | typeof NONE): Promise<Watch> {
  const watch = await Watch.open();
  watch.vendor.traitsOf.set("app", traits);
  return watch;
}

describe("what a rotation leaves that did not go to its end", () => {
  it("is the old value where it was written back, and that is no drift", async () => {
    await using watch = await Watch.open(
      { consumers: [{ id: "app" }, { id: "hand", check: { type: "manual" } }] },
      false,
    );
    const { scenario } = watch;
    await scenario.request("first");
    await scenario.until("first", ({ consumers }) => consumers.some(({ state }) => state === "settled"));
    await scenario.decide("seen", { requestRef: { name: "first" }, action: "ConfirmConsumer", consumer: "hand" });
    await scenario.ended("first");
    const before = watch.current;
    await watch.sql("update velvet.rotation set ended_at = ended_at - interval '1 hour'");
    await scenario.request("second");
    await scenario.until("second", ({ consumers }) => consumers.some(({ state }) => state === "settled"));
    await scenario.decide("no", { requestRef: { name: "second" }, action: "Abort" });
    expect(
      (await scenario.until("second", ({ rotation }) => rotation.endedAt !== undefined, 25_000)).rotation.state,
    ).toBe("aborted");
    expect(watch.vendor.held("app")).toBe(before);
    const view = await watch.look();
    expect(told(view)).toEqual([]);
    expect(view.places).toMatchObject({ app: { state: "in-place" }, hand: { state: "in-place" } });
    watch.vendor.overwrite("app", "something-else");
    expect(await watch.kinds()).toEqual(["app ValueChanged"]);
  });

  it("is unknown where a person skipped the consumer: nothing is expected of it", async () => {
    await using watch = await Watch.open(
      { consumers: [{ id: "app" }, { id: "gone", check: { type: "manual" } }] },
      false,
    );
    const { scenario } = watch;
    await scenario.request("first");
    await scenario.until("first", ({ consumers }) => consumers.some(({ state }) => state === "settled"));
    const skip = { requestRef: { name: "first" }, action: "SkipConsumer", consumer: "gone", ticket: "OPS-1" } as const;
    await scenario.decide("skip", skip);
    // Whoever was left out may hold the old value: a person opens the gate.
    const { rotation } = await scenario.until("first", (view) => view.rotation.facts.gates?.Revoke !== undefined);
    await scenario.decide("approve", {
      requestRef: { name: "first" },
      action: "Approve",
      gate: "Revoke",
      digest: rotation.facts.gates?.Revoke?.digest ?? "",
      confirm: CREDENTIAL_NAME,
      ticket: "OPS-1",
    });
    await scenario.ended("first");
    watch.vendor.overwrite("gone", "whatever");
    const view = await watch.look();
    expect(told(view)).toEqual([]);
    expect(view.places["gone"]).toMatchObject({ state: "not-given" });
  });
});

describe("what keeps a look from being made", () => {
  it("that the place is gone: Unreachable at once, and gone again when it answers", async () => {
    await using watch = await Watch.open();
    const { vendor } = watch;
    vendor.fault = ({ label, target }) => {
      if (label === "sink.observe" && target === "app") throw terminal("TargetGone");
    };
    const view = await watch.look();
    expect(told(view)).toEqual(["app Unreachable"]);
    expect(finding(view, "Unreachable").details).toEqual({ reason: "TargetGone" });
    vendor.fault = () => undefined;
    expect(await watch.kinds()).toEqual([]);
  });

  it("that the place has another name: Renamed", async () => {
    await using watch = await Watch.open();
    watch.vendor.fault = ({ label, target }) => {
      if (label === "sink.observe" && target === "app") throw terminal("RepositoryMoved");
    };
    expect(await watch.kinds()).toEqual(["app Renamed"]);
  });

  it("that the sink does not answer: put off, and Unreachable after three looks; what was known stays", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("app", "something-else");
    await watch.look();
    watch.vendor.fault = ({ label, target }) => {
      if (label === "sink.observe" && target === "app") throw transient("ServerError");
    };
    expect(await watch.kinds()).toEqual(["app ValueChanged"]);
    expect((await watch.view()).postponed).toMatchObject({ reason: "ServerError" });
    expect(await watch.kinds()).toEqual(["app ValueChanged"]);
    expect(await watch.kinds()).toEqual(["app Unreachable", "app ValueChanged"]);
  });

  it("that the budget is short: put off for as long as it takes, and never drift", async () => {
    await using watch = await Watch.open();
    watch.vendor.fault = ({ label }) => {
      if (label === "sink.observe") throw transient("RateLimited");
    };
    for (let looks = 0; looks < 5; looks += 1) expect(await watch.kinds()).toEqual([]);
    expect((await watch.view()).postponed).toMatchObject({ reason: "RateLimited" });
  });

  it("that an account does not work: AccountNotReady, and nothing is asked through it", async () => {
    await using watch = await Watch.open();
    await watch.sql(
      `insert into velvet.account_status (account, generation, ready, reason, message, next_probe_at)
       select name, generation, false, 'KeyRefused', 'the admin key is refused', clock_timestamp() + interval '1 hour'
       from velvet.object where kind = 'VendorAccount'
       on conflict (account) do update set ready = false, reason = excluded.reason, next_probe_at = excluded.next_probe_at`,
    );
    const before = watch.vendor.history.length;
    expect(await watch.kinds()).toEqual(["@account/vendor AccountNotReady"]);
    expect(watch.vendor.history.length).toBe(before);
  });
});

const FACTS = { vendor: "fake", operation: "observe" };

function terminal(reason: string): Error {
  return new Terminal({ reason, message: "it cannot be so" }, FACTS);
}

function transient(reason: string): Error {
  return new Transient({ reason, message: "not now" }, FACTS, 1_000);
}
