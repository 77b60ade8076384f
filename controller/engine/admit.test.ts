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
