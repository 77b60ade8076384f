import { expect, it } from "vitest";
import { Scenario } from "../support/scenario.ts";

it("a replica that is asked to stop finishes its step, gives the rotation back, and another goes on at once", async () => {
  await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "worker", wave: 1 }] });
  const first = scenario.start("a");
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  let asked = false;
  scenario.hook = async (label, point) => {
    if (label !== "sink.write" || point !== "before" || asked) return;
    asked = true;
    void first.stop().then(resolve);
  };
  await scenario.request("first");
  await stopped;
  const resting = await scenario.rotation("first");
  expect(resting.rotation.endedAt).toBeUndefined();
  expect(resting.rotation.claimedBy).toBeUndefined();
  expect(resting.consumers.some(({ state }) => state === "writing")).toBe(false);
  const before = performance.now();
  scenario.start("b");
  const view = await scenario.ended("first");
  expect(view.rotation.state).toBe("done");
  // Well below the lease: it was released, not waited out.
  expect(performance.now() - before).toBeLessThan(3_000);
  expect(scenario.vendor.outages).toEqual([]);
});

it("two replicas never work on one rotation at a time", async () => {
  await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "worker", wave: 1 }] });
  let under = 0;
  let most = 0;
  scenario.hook = async (label, point) => {
    if (!["issuer.mint", "sink.write", "issuer.revoke"].includes(label)) return;
    under += point === "before" ? 1 : -1;
    most = Math.max(most, under);
  };
  scenario.start("a");
  scenario.start("b");
  await scenario.request("first");
  expect((await scenario.ended("first")).rotation.state).toBe("done");
  expect(most).toBe(1);
  expect(scenario.vendor.calls("issuer.mint")).toHaveLength(1);
});
