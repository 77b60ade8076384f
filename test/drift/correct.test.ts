import { describe, expect, it } from "vitest";
import { Transient } from "../../adapters/errors.ts";
import { CREDENTIAL } from "../support/scenario.ts";
import { finding, told, Watch } from "./watch.ts";

const CORRECT = { credential: { drift: { mode: "Correct" as const } } };

async function corrections(watch: Watch): Promise<string[]> {
  const rows = await watch.sql<{ said: string }>(
    "select place || ' ' || coalesce(outcome, 'open') as said from velvet.correction order by intent_at",
  );
  return rows.map(({ said }) => said);
}

describe("mode Correct", () => {
  it.each([
    ["ValueChanged", "something-else"],
    ["ValueRemoved", undefined],
    ["RevertedToOld", "old-value"],
  ])("writes the value again where it found %s, and proves it", async (_, value) => {
    await using watch = await Watch.open(CORRECT);
    const { current, vendor } = watch;
    vendor.overwrite("app", value);
    vendor.required.clear();
    const view = await watch.look();
    expect(vendor.held("app")).toBe(current);
    expect(view).toMatchObject({ state: "clean", findings: [] });
    expect(await corrections(watch)).toEqual(["app done"]);
    expect(await watch.events()).toEqual(["DriftFound", "CorrectionIntended", "CorrectionEnded", "DriftGone"]);
    const writes = vendor.calls("sink.write").filter(({ target }) => target === "app");
    expect(writes).toHaveLength(2);
    await watch.longAfter();
    expect(await watch.kinds()).toEqual([]);
  });

  it("writes nothing where nothing differs", async () => {
    await using watch = await Watch.open(CORRECT);
    const before = watch.vendor.calls("sink.write").length;
    for (let looks = 0; looks < 3; looks += 1) await watch.look();
    expect(watch.vendor.calls("sink.write")).toHaveLength(before);
  });

  it("writes nothing where custody holds another value than the ledger knows: that value is nobody's", async () => {
    await using watch = await Watch.open(CORRECT);
    watch.vendor.overwrite("custody", "something-else");
    watch.vendor.overwrite("app", "another");
    const view = await watch.look();
    expect(told(view)).toEqual(["app ValueChanged", "custody CustodyDiffers"]);
    expect(finding(view, "ValueChanged").message).toContain("custody holds another value than the ledger knows");
    expect(await corrections(watch)).toEqual([]);
    expect(watch.vendor.held("app")).toBe("another");
  });

  it("writes nothing where the vendor does not say that the value is alive", async () => {
    await using watch = await Watch.open(CORRECT);
    watch.vendor.required.clear();
    const key = watch.vendor.keys.get(watch.vendor.keys.idOf(watch.current) ?? "");
    if (key) key.enabled = false;
    watch.vendor.overwrite("app", "another");
    const view = await watch.look();
    expect(told(view)).toEqual(["@vendor CurrentDisabled", "app ValueChanged"]);
    expect(finding(view, "ValueChanged").message).toContain("does not say that it is alive (dead)");
    expect(await corrections(watch)).toEqual([]);
  });

  it("writes nothing with rotation off, nor while it is held; it says what it found", async () => {
    await using watch = await Watch.open(CORRECT);
    watch.mayCorrect = false;
    watch.vendor.overwrite("app", "another");
    expect(await watch.kinds()).toEqual(["app ValueChanged"]);
    expect(await corrections(watch)).toEqual([]);
    watch.mayCorrect = true;
    expect(await watch.kinds()).toEqual([]);
  });

  it("writes nothing to custody, to who is switched off, and where no rotation ever wrote", async () => {
    await using watch = await Watch.open(CORRECT);
    await watch.scenario.change("Credential", CREDENTIAL, (spec: { consumers: { id: string }[] }) => ({
      ...spec,
      consumers: [
        ...spec.consumers.map((consumer) => ({ ...consumer, ...(consumer.id === "app" ? { active: false } : {}) })),
        { ...spec.consumers[0], id: "late", fake: { path: "late" } },
      ],
    }));
    watch.vendor.overwrite("app", "another");
    watch.vendor.overwrite("custody", undefined);
    const before = watch.vendor.calls("sink.write").length;
    expect(await watch.kinds()).toEqual(["custody ValueRemoved"]);
    expect(watch.vendor.calls("sink.write")).toHaveLength(before);
  });

  it("does not overwrite what it did not judge, where the sink can see to that", async () => {
    await using watch = await Watch.open(CORRECT);
    const { vendor } = watch;
    vendor.traitsOf.set("app", { grade: "value", atomic: true, conditional: true });
    vendor.overwrite("app", "another");
    vendor.fault = ({ label, target }, point) => {
      if (label === "sink.write" && target === "app" && point === "before") vendor.overwrite("app", "newer");
    };
    const view = await watch.look();
    expect(vendor.held("app")).toBe("newer");
    expect(finding(view, "ValueChanged").message).toContain("VersionConflict");
    expect(await corrections(watch)).toEqual(["app refused"]);
  });

  it("gives up after three corrections of a place in a day: DriftFight, until a person decides", async () => {
    await using watch = await Watch.open(CORRECT);
    const { vendor } = watch;
    for (let fights = 0; fights < 3; fights += 1) {
      vendor.overwrite("app", `mine-${fights}`);
      const view = await watch.look();
      expect(told(view).filter((each) => each !== "app DoubleWriter")).toEqual([]);
      expect(vendor.held("app")).toBe(watch.current);
    }
    vendor.overwrite("app", "mine");
    expect(told(await watch.look())).toEqual(["app DoubleWriter", "app DriftFight", "app ValueChanged"]);
    expect(vendor.held("app")).toBe("mine");
    await watch.scenario.decide("again", { credentialRef: { name: CREDENTIAL }, action: "CorrectDrift" });
    expect(told(await watch.look())).toEqual(["app DoubleWriter"]);
    expect(vendor.held("app")).toBe(watch.current);
    // A person's word begins the count anew.
    vendor.overwrite("app", "mine");
    await watch.look();
    expect(vendor.held("app")).toBe(watch.current);
  });

  it("asks the consumer's own check whether it works, where it has one", async () => {
    const endpoint = { name: "app", url: "https://app.example.com/health", proves: "credential" };
    await using watch = await Watch.open({
      ...CORRECT,
      account: { endpoints: [endpoint] },
      consumers: [{ id: "app", check: { type: "http" as const, account: "vendor", endpoint: "app" } }],
    });
    const before = watch.vendor.calls("check.run").length;
    watch.vendor.overwrite("app", "another");
    await watch.look();
    expect(watch.vendor.calls("check.run").length).toBe(before + 1);
    expect((await watch.view()).findings).toEqual([]);
  });

  it("says why where the write is refused, and tries again at the next look", async () => {
    await using watch = await Watch.open(CORRECT);
    watch.vendor.fault = ({ label, target }) => {
      if (label === "sink.write" && target === "app") {
        throw new Transient({ reason: "ServerError", message: "not now" }, { vendor: "fake", operation: "write" });
      }
    };
    watch.vendor.overwrite("app", "another");
    expect(finding(await watch.look(), "ValueChanged").message).toContain("It was not put right: ServerError");
    watch.vendor.fault = () => undefined;
    expect(await watch.kinds()).toEqual([]);
    expect(await corrections(watch)).toEqual(["app refused", "app done"]);
  });
});

describe("a person's decision", () => {
  it("has one place corrected in mode Warn, which corrects nothing by itself", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("app", "another");
    watch.vendor.overwrite("worker", "another");
    expect(await watch.kinds()).toEqual(["app ValueChanged", "worker ValueChanged"]);
    await watch.scenario.decide("fix", {
      credentialRef: { name: CREDENTIAL },
      action: "CorrectDrift",
      consumer: "app",
    });
    expect(await watch.kinds()).toEqual(["worker ValueChanged"]);
    expect(watch.vendor.held("app")).toBe(watch.current);
    expect(await watch.scenario.answer("fix")).toMatchObject({ state: "accepted", reason: "Accepted" });
  });

  it("accepts what is there, which is quiet until it changes again", async () => {
    await using watch = await Watch.open(CORRECT);
    watch.mayCorrect = false;
    watch.vendor.overwrite("app", "another");
    await watch.look();
    await watch.scenario.decide("fine", {
      credentialRef: { name: CREDENTIAL },
      action: "AcceptDrift",
      ticket: "OPS-1",
    });
    watch.mayCorrect = true;
    const view = await watch.look();
    expect(view.state).toBe("clean");
    const [told] = await watch.sql<{ told: object }>(
      `select convert_from(canonical, 'utf8')::jsonb as told from velvet.audit
         where chain = 'install' and position('"decision":"fine"' in encode(canonical, 'escape')) > 0
         order by seq desc limit 1`,
    );
    expect(told?.told).toMatchObject({ event: "DecisionAccepted", about: [{ place: "app", kind: "ValueChanged" }] });
    expect(told?.told).toMatchObject({
      decidedBy: { actor: expect.anything() },
      because: { words: expect.anything() },
      ticket: { words: expect.anything() },
    });
    expect(finding(view, "ValueChanged").acceptedBy).toMatchObject({ name: "ben", decision: "fine", ticket: "OPS-1" });
    expect(watch.vendor.held("app")).toBe("another");
    expect((await watch.look()).state).toBe("clean");
    watch.mayCorrect = false;
    watch.vendor.overwrite("app", "yet another");
    const changed = await watch.look();
    expect(changed.state).toBe("drifted");
    expect(finding(changed, "ValueChanged").acceptedBy).toBeUndefined();
  });

  it("waits where nothing may be corrected, and is refused where nothing differs or a write does not help", async () => {
    await using watch = await Watch.open();
    const { scenario } = watch;
    await scenario.decide("none", { credentialRef: { name: CREDENTIAL }, action: "AcceptDrift" });
    await watch.look();
    expect(await scenario.answer("none")).toMatchObject({ state: "refused", reason: "NoDrift" });
    watch.vendor.overwrite("custody", "another");
    await watch.look();
    await scenario.decide("custody", { credentialRef: { name: CREDENTIAL }, action: "CorrectDrift" });
    await watch.look();
    expect(await scenario.answer("custody")).toMatchObject({ state: "refused", reason: "NotCorrectable" });
    await scenario.decide("unknown", { credentialRef: { name: "nobody" }, action: "AcceptDrift" });
    await watch.look();
    expect(await scenario.answer("unknown")).toMatchObject({ state: "refused", reason: "CredentialUnknown" });
    watch.mayCorrect = false;
    await scenario.decide("later", { credentialRef: { name: CREDENTIAL }, action: "CorrectDrift" });
    await watch.look();
    const [row] = await watch.sql<{ state: string }>("select state from velvet.decision where name = 'later'");
    expect(row?.state).toBe("pending");
  });
});
