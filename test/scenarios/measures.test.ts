import { admitRequests } from "../../controller/engine/admit.ts";
import { readMeasures } from "../../controller/ledger/measures.ts";
import { Scenario } from "../support/scenario.ts";
import { expect, it } from "vitest";

it("a rotation counts as stalled wherever in it a person is needed, and no longer than that", async () => {
  await using scenario = await Scenario.open();
  const { db, pool } = scenario.ledger;
  await scenario.request("first");
  await admitRequests(scenario.deps(), { environment: "test", rotationOn: true, registry: { fake: scenario.adapter } });
  const stalled = async () => (await readMeasures(db)).stalled;
  const consumer = async (state: string, failure: object) =>
    pool.query("update velvet.consumer set state = $1, facts = $2 where id = 'app'", [state, { failure }]);
  const facts = async (text: object, state = "verified") =>
    pool.query("update velvet.rotation set facts = $1, state = $2", [text, state]);
  expect(await stalled()).toBe(0);
  await consumer("failed", { stalled: false });
  expect(await stalled()).toBe(0);
  await consumer("failed", { stalled: true });
  expect(await stalled()).toBe(1);
  await consumer("skipped", { stalled: true });
  expect(await stalled()).toBe(0);
  await facts({ failure: { stalled: true } });
  expect(await stalled()).toBe(1);
  await facts({ revocation: { ids: [{ failure: { stalled: false } }, { failure: { stalled: true } }] } });
  expect(await stalled()).toBe(1);
  const trouble = { stalled: true };
  await facts({ assisted: { mint: { trouble } } });
  expect(await stalled()).toBe(1);
  await facts({ assisted: { mint: { trouble } } }, "distributing");
  expect(await stalled()).toBe(0);
  await facts({ assisted: { revoke: { trouble } } }, "validated");
  expect(await stalled()).toBe(1);
  await facts({});
  expect(await stalled()).toBe(0);
});
