import { expect, it } from "vitest";
import { NAMESPACE, Scenario } from "../../test/support/scenario.ts";
import { listRequests } from "../ledger/views.ts";
import { admitRequests } from "./admit.ts";

it("what breaks over one request is said of that one, which is tried again, and holds up no other and no decision", async () => {
  await using scenario = await Scenario.open();
  const errors: object[] = [];
  const deps = scenario.deps();
  const log = { ...deps.log, error: (facts: object) => void errors.push(facts) };
  const context = { environment: "test", rotationOn: true, registry: { fake: scenario.adapter } };
  await scenario.request("broken");
  await scenario.request("other", { credentialRef: { name: "not-there" } });
  await scenario.decide("late", { requestRef: { name: "never-was" }, action: "Abort" });
  const broken = {
    ...deps,
    log,
    uuid: () => {
      throw new RangeError("value-of-a-secret");
    },
  };
  expect(await admitRequests(broken, context)).toBe(0);
  const said = Object.fromEntries((await listRequests(scenario.ledger.db)).map((each) => [each.name, each]));
  expect(said["broken"]).toMatchObject({ state: "pending", reason: "InternalFault" });
  expect(said["broken"]?.message).not.toContain("value-of-a-secret");
  expect(said["other"]).toMatchObject({ state: "pending", reason: "CredentialNotFound" });
  expect(errors).toMatchObject([{ request: `${NAMESPACE}/broken`, error: "RangeError" }]);
  await scenario.ledger.pool.query("update velvet.request set next_look_at = now()");
  expect(await admitRequests(deps, context)).toBe(1);
  expect((await scenario.rotation("broken")).rotation.state).toBe("verifying");
});

it("an outage of the ledger is no fault of a request", async () => {
  await using scenario = await Scenario.open();
  await scenario.request("first");
  const deps = scenario.deps();
  const away = {
    ...deps,
    uuid: () => {
      throw Object.assign(new Error("terminating connection"), { code: "57P01" });
    },
  };
  const context = { environment: "test", rotationOn: true, registry: { fake: scenario.adapter } };
  await expect(admitRequests(away, context)).rejects.toThrow("terminating");
  expect(await listRequests(scenario.ledger.db)).toMatchObject([{ name: "first", reason: "Pending" }]);
});

it("what a schedule asked for in its window and could not begin in it waits for the next one, unless its vendor ends it before", async () => {
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
  const day = days[(new Date().getUTCDay() + 2) % 7] ?? "Sun";
  const rotation = { every: "90d", jitter: "0s", window: { days: [day], start: "09:00", end: "10:00" } };
  await using scenario = await Scenario.open({ credential: { rotation } });
  const context = { environment: "test", rotationOn: true, registry: { fake: scenario.adapter } };
  await scenario.request("first");
  // What a person asks for has no window.
  expect(await admitRequests(scenario.deps(), context)).toBe(1);
  const engine = scenario.start();
  await scenario.ended("first");
  await engine.stop();
  await scenario.request("scheduled");
  const { pool } = scenario.ledger;
  await pool.query(`update velvet.request set origin = '{"kind": "schedule"}' where name = 'scheduled'`);
  expect(await admitRequests(scenario.deps(), context)).toBe(0);
  const [waits] = await listRequests(scenario.ledger.db, { name: "scheduled" });
  expect(waits).toMatchObject({ state: "pending", reason: "OutsideWindow" });
  await pool.query(
    "update velvet.rotation set facts = facts || jsonb_build_object('expiresAt', now() + interval '3 hours')",
  );
  await pool.query("update velvet.request set next_look_at = now()");
  expect(await admitRequests(scenario.deps(), context)).toBe(1);
});
