import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { openWebhook } from "../../test/leak/webhook.ts";
import { Scenario } from "../../test/support/scenario.ts";
import { dueAlarms } from "../ledger/projections.ts";
import { runNotifications } from "./run.ts";

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
  consumers: [{ id: "gate", role: "acceptor", check: { type: "http", account: "vendor", endpoint: "gate" } }],
} as const;

it("tells of a leak until it is heard, by one of several replicas, once, and says it in the log", async () => {
  await using scenario = await Scenario.open(GATE);
  await using webhook = await openWebhook();
  webhook.refuse(1);
  const errors: string[] = [];
  const warnings: string[] = [];
  const quiet = () => undefined;
  const log = {
    debug: quiet,
    info: quiet,
    warn: (_: object, message: string) => void warnings.push(message),
    error: (_: object, message: string) => void errors.push(message),
  };
  const stopping = new AbortController();
  const replicas = ["a", "b"].map(async (owner) =>
    runNotifications({
      db: scenario.ledger.db,
      log,
      clock: { now: () => new Date(), monotonicMs: () => performance.now() },
      owner,
      newId: randomUUID,
      webhook: Secret.from(webhook.url),
      pollMs: 20,
      signal: stopping.signal,
    }),
  );
  scenario.vendor.check = () => ({ outcome: "pass", reason: "StatusExpected", message: "answered 200." });
  scenario.start();
  await scenario.request("leaked", { flow: "Revocation", reason: "in a log" });
  const heard = await webhook.next;
  const left = async () => (await dueAlarms(scenario.ledger.db, 8)).length;
  await expect.poll(left, { timeout: 10_000 }).toBe(0);
  stopping.abort();
  await Promise.all(replicas);
  const { rotation } = await scenario.rotation("leaked");
  expect(heard).toMatchObject({ id: `${rotation.id}/1`, text: expect.stringContaining("gate still lets") });
  expect(webhook.heard).toHaveLength(1);
  expect(errors).toEqual(["gate still lets the leaked credential team/token in, although it has ended."]);
  expect(warnings).toEqual(["an alarm was not heard; it is told again"]);
}, 60_000);
