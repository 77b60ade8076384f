import { expect, it } from "vitest";
import { Scenario } from "../support/scenario.ts";

/** What the engine has written so far. */
async function written({ ledger }: Scenario): Promise<unknown> {
  const { rows } = await ledger.pool.query(
    `select (select count(*) from velvet.effect) as effects, (select count(*) from velvet.audit) as audit,
            (select count(*) from velvet.rotation) as rotations, (select max(fence) from velvet.rotation) as claims,
            (select max(fence) from velvet.retired) as retired, (select max(fence) from velvet.tombstone) as tombstones, (select count(*) from velvet.decision where state <> 'pending') as answers`,
  );
  return rows[0];
}

/** Several rounds of every loop: the engine asks before each one. */
async function rounds(scenario: Scenario): Promise<void> {
  const held = scenario.held;
  let asked = 0;
  await new Promise<void>((resolve) => {
    Object.defineProperty(scenario, "held", {
      configurable: true,
      get: () => {
        if ((asked += 1) === 24) resolve();
        return held;
      },
    });
  });
  Object.defineProperty(scenario, "held", { configurable: true, writable: true, value: held });
}

it("admits no request while the ledger is held, and admits it when it is free", async () => {
  await using scenario = await Scenario.open();
  scenario.held = "LedgerRollback";
  await scenario.request("first");
  const engine = scenario.start();
  const before = await written(scenario);
  await rounds(scenario);
  expect(await written(scenario)).toEqual(before);
  expect((await scenario.requestState("first", "pending")).reason).toBe("Pending");
  scenario.held = undefined;
  engine.wake();
  expect((await scenario.ended("first")).rotation.state).toBe("done");
});

it("claims no rotation and tends no retired id or tombstone while the ledger is held", async () => {
  await using scenario = await Scenario.open({
    credential: { gates: { mint: "Automatic", revoke: "Automatic" }, rotation: { overlap: "0s", quarantine: "0s" } },
  });
  const first = scenario.start();
  scenario.hook = async (label, point) => {
    if (label.startsWith("sink") && point === "before") scenario.held = "LedgerRollback";
  };
  await scenario.request("first");
  await scenario.until("first", () => scenario.held !== undefined);
  await first.stop();
  scenario.hook = undefined;
  await scenario.ledger.pool.query(
    "update velvet.rotation set next_action_at = clock_timestamp() where ended_at is null",
  );
  const before = await written(scenario);
  const second = scenario.start("b");
  await rounds(scenario);
  expect(await written(scenario)).toEqual(before);
  scenario.held = undefined;
  second.wake();
  expect((await scenario.ended("first")).rotation.state).toBe("done");
  await scenario.until("first", (view) => view.retired.every(({ state }) => state === "destroyed"));

  scenario.held = "LedgerRollback";
  // A round that began before is over when every loop has asked again.
  await rounds(scenario);
  const due = "update velvet.retired set next_action_at = clock_timestamp(), state = 'quarantined'";
  expect((await scenario.ledger.pool.query(due)).rowCount).toBe(1);
  const looked = "update velvet.tombstone set next_action_at = clock_timestamp()";
  expect((await scenario.ledger.pool.query(looked)).rowCount).toBe(1);
  const retired = await written(scenario);
  second.wake();
  await rounds(scenario);
  expect(await written(scenario)).toEqual(retired);
  scenario.held = undefined;
  second.wake();
  await scenario.until("first", (view) => view.retired.every(({ state }) => state === "destroyed"));
});
