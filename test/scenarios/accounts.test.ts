/** Accounts that do not work hold back what needs them, and nothing else. */
import { expect, it } from "vitest";
import { Transient } from "../../adapters/errors.ts";
import { tapes } from "../../controller/cli/tape.fixture.ts";
import { ledgerReading } from "../../controller/cli/ledger-reading.ts";
import { statusCommand } from "../../controller/cli/status.ts";
import { wrongShape } from "../../controller/cli/shapes.fixture.ts";
import { probeAccounts } from "../../controller/engine/probe.ts";
import { listAccounts } from "../../controller/ledger/accounts.ts";
import { Scenario } from "../support/scenario.ts";

const UNWELL = { ready: false, reason: "AccountForbidden", message: "The token lacks the scope secrets:write." };

async function due(scenario: Scenario): Promise<void> {
  await scenario.ledger.pool.query("update velvet.account_status set next_probe_at = now()");
}

it("begins no rotation while an account is not ready, says why and what is missing, and begins it when the account works", async () => {
  await using scenario = await Scenario.open();
  scenario.vendor.health = () => UNWELL;
  expect(await probeAccounts(scenario.deps())).toBe(1);
  await scenario.request("first");
  scenario.start();
  await expect
    .poll(async () => (await scenario.requestState("first", "pending")).reason, { timeout: 10_000, interval: 20 })
    .toBe("AccountNotReady");
  expect((await scenario.requestState("first", "pending")).message).toBe(
    "Account vendor does not work: AccountForbidden. The token lacks the scope secrets:write.",
  );
  const { context, out } = tapes();
  await statusCommand(context, undefined, {}, ledgerReading(scenario.ledger.db, context));
  expect(out()).toMatch(/^vendor +fake +no +- +\S+.* +AccountForbidden: The token lacks the scope secrets:write\.$/m);
  expect(scenario.vendor.history).toEqual([]);

  scenario.vendor.health = () => ({ ready: true, reason: "TokenAccepted", message: "", remaining: 4_499 });
  await due(scenario);
  await expect.poll(async () => (await listAccounts(scenario.ledger.db))[0]?.ready, { timeout: 10_000 }).toBe(true);
  await scenario.ledger.pool.query("update velvet.request set next_look_at = now()");
  await scenario.ended("first");
  const json = tapes();
  await statusCommand(json.context, undefined, { output: "json" }, ledgerReading(scenario.ledger.db, json.context));
  expect(wrongShape("status", json.out())).toEqual([]);
  expect(JSON.parse(json.out()).accounts).toMatchObject([{ name: "vendor", ready: true, remaining: 4_499 }]);
});

it("probes an account once for all replicas, and again at once when it has changed", async () => {
  await using scenario = await Scenario.open();
  const probed = await Promise.all([probeAccounts(scenario.deps("a")), probeAccounts(scenario.deps("b"))]);
  expect(probed.toSorted((one, other) => one - other)).toEqual([0, 1]);
  expect(await probeAccounts(scenario.deps())).toBe(0);
  await scenario.change("VendorAccount", "vendor", (spec: object) => ({ ...spec, limits: { concurrency: 2 } }));
  // What was found out of the older generation says nothing of the new one.
  expect(await listAccounts(scenario.ledger.db)).toMatchObject([{ ready: null, reason: "NotProbed" }]);
  expect(await probeAccounts(scenario.deps())).toBe(1);
  expect(await listAccounts(scenario.ledger.db)).toMatchObject([{ ready: true }]);
});

it("counts a probe that got no answer as not ready, with the reason, and is not stopped by it", async () => {
  await using scenario = await Scenario.open();
  scenario.vendor.health = () => {
    throw new Transient({ reason: "RateLimited", message: "Too many." }, { vendor: "fake", operation: "GET /" });
  };
  await probeAccounts(scenario.deps());
  expect(await listAccounts(scenario.ledger.db)).toMatchObject([
    { ready: false, reason: "RateLimited", message: "Too many." },
  ]);
});
