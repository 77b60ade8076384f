import { expect, it } from "vitest";
import { Scenario } from "../support/scenario.ts";

const EVERY = { rotation: { every: "90d", jitter: "0s", overlap: "0s", quarantine: "0s" } } as const;

it("VELVET_ROTATION=off begins nothing and ends nothing, brings what was begun to its end, and still reports", async () => {
  await using scenario = await Scenario.open({ credential: EVERY });
  const on = scenario.start();
  const writing = Promise.withResolvers<void>();
  const stopping = Promise.withResolvers<void>();
  scenario.hook = async (label, point) => {
    if (label !== "sink.write" || point !== "before") return;
    writing.resolve();
    await stopping.promise;
  };
  await scenario.request("begun");
  await writing.promise;
  // It is told to stop while it writes, so that it cannot come to the end before.
  const stopped = on.stop();
  stopping.resolve();
  await stopped;
  expect((await scenario.rotation("begun")).rotation.endedAt).toBeUndefined();
  await scenario.ledger.pool.query("update velvet.rotation set next_action_at = now() where ended_at is null");

  scenario.rotationOn = false;
  const off = scenario.start("b");
  const begun = await scenario.ended("begun");
  expect(begun.rotation.state).toBe("done");
  await scenario.request("second");
  const { pool } = scenario.ledger;
  await expect.poll(async () => (await scenario.requestState("second", "pending")).reason).toBe("RotationOff");
  // Its probes go on: whoever observes wants to know it.
  await pool.query("update velvet.account_status set next_probe_at = '-infinity', probed_at = null");
  const probed = async () =>
    (await pool.query("select probed_at from velvet.account_status")).rows[0] as { probed_at: Date | null };
  await expect.poll(async () => (await probed()).probed_at, { timeout: 5_000 }).not.toBeNull();
  await off.stop();
  const retired = async () => (await scenario.rotation("begun")).retired.map(({ state }) => state);
  expect(await retired()).toEqual(["quarantined"]);
  expect(scenario.vendor.calls("issuer.destroy")).toEqual([]);

  scenario.rotationOn = true;
  scenario.start("c");
  await scenario.until("begun", ({ retired: rows }) => rows.some(({ state }) => state === "destroyed"));
  await scenario.until("second", () => true);
});
