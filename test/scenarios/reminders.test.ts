import { expect, it } from "vitest";
import { readMeasures } from "../../controller/ledger/measures.ts";
import { tellTo, openWebhook } from "../leak/webhook.ts";
import { CREDENTIAL_NAME, Scenario } from "../support/scenario.ts";

async function told(scenario: Scenario): Promise<string[]> {
  const { rows } = await scenario.ledger.pool.query<{ canonical: Buffer }>(
    "select canonical from velvet.audit where chain <> 'install' order by seq",
  );
  const entries = rows.map(({ canonical }) => JSON.parse(canonical.toString()) as { event: string; about?: string });
  return entries
    .filter(({ event }) => event.startsWith("Person"))
    .map(({ event, about }) => `${event} ${about ?? ""}`.trim());
}

/** As if it had been asked so long ago, and nobody had looked since. Not while a replica holds it: that one would write over it. */
async function askedAgo({ ledger }: Scenario, path: string, interval: string): Promise<void> {
  const text = `
    update velvet.rotation set next_action_at = now(), wakes = wakes + 1,
      facts = jsonb_set(facts, $1::text[], to_jsonb(velvet.instant(now() - $2::interval)))
    where ended_at is null and claim is null`;
  const change = async () => (await ledger.pool.query(text, [path.split("."), interval])).rowCount;
  await expect.poll(change, { timeout: 10_000, interval: 5 }).toBe(1);
}

it("a gate that nobody answers is reminded of once by one of two replicas, then told to the alarm's webhook, until it is answered", async () => {
  await using scenario = await Scenario.open({ credential: { gates: { mint: "Automatic", revoke: "Approval" } } });
  await using webhook = await openWebhook();
  const stopping = new AbortController();
  const notifications = tellTo(webhook, scenario.ledger.db, stopping.signal);
  scenario.start("a");
  scenario.start("b");
  await scenario.request("first");
  await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  await askedAgo(scenario, "gates.Revoke.openedAt", "2 hours");
  await scenario.until("first", ({ rotation }) => rotation.facts.awaited?.gate?.reminders === 1);
  const gateOf = async () => (await scenario.status("first")).conditions.find(({ type }) => type === "RevokeApproved");
  expect(await gateOf()).toMatchObject({
    status: "Unknown",
    message: expect.stringMatching(/reminded once, last at \S+\.$/),
  });
  expect(webhook.heard).toEqual([]);

  await askedAgo(scenario, "gates.Revoke.openedAt", "4 days");
  const heard = await webhook.next;
  const { rotation } = await scenario.until(
    "first",
    ({ rotation: { facts } }) => (facts.awaited?.gate?.reminders ?? 0) > 0,
  );
  expect(heard).toMatchObject({
    id: expect.stringContaining(rotation.id),
    text: expect.stringContaining("the Revoke gate is open"),
  });
  expect((await gateOf())?.message).toMatch(/reminded once, last at \S+; escalated at \S+\.$/);

  expect(await readMeasures(scenario.ledger.db)).toMatchObject({ gates: 1, unanswered: 1 });

  const { gate } = await scenario.status("first");
  await scenario.decide("ok", {
    requestRef: { name: "first" },
    action: "Approve",
    gate: "Revoke",
    digest: gate?.digest ?? "",
    confirm: CREDENTIAL_NAME,
    ticket: "OPS-1",
  });
  const ended = await scenario.ended("first");
  stopping.abort();
  await notifications;
  expect(ended.rotation.state).toBe("done");
  expect(ended.rotation.facts.awaited).toBeUndefined();
  expect((await readMeasures(scenario.ledger.db)).unanswered).toBe(0);
  // What was counted of the gate that was put back in time is over with it.
  expect(await told(scenario)).toEqual([
    "PersonReminded Revoke",
    "PersonAnswered",
    "PersonOverdue Revoke",
    "PersonReminded Revoke",
    "PersonAnswered",
  ]);
});

it("a confirmation that nobody gives and a step that only a person can mend are reminded of too", async () => {
  await using scenario = await Scenario.open({ consumers: [{ id: "app", check: { type: "manual" } }] });
  scenario.start();
  await scenario.request("first");
  await scenario.until("first", ({ consumers }) => consumers.some(({ state }) => state === "settled"));
  await scenario.ledger.pool.query(
    "update velvet.consumer set facts = jsonb_set(facts, '{writtenAt}', to_jsonb(velvet.instant(now() - interval '2 hours'))) where id = 'app'",
  );
  await askedAgo(scenario, "lastAskedAt", "0 hours");
  await scenario.until("first", ({ rotation }) => rotation.facts.awaited?.confirmation?.reminders === 1);
  const { conditions } = await scenario.status("first");
  expect(conditions.find(({ type }) => type === "Validated")).toMatchObject({
    reason: "AwaitingConfirmation",
    message: expect.stringMatching(
      /^0 of 1 consumers; a person is to look at app, then: velvet confirm .+\. Asked since \S+, reminded once/,
    ),
  });
  await scenario.decide("works", { requestRef: { name: "first" }, action: "ConfirmConsumer", consumer: "app" });
  await scenario.ended("first");
  expect(await told(scenario)).toEqual(["PersonReminded app", "PersonAnswered"]);

  scenario.vendor.put("custody", "TOKEN", "nobody-knows-it");
  await scenario.request("second");
  await scenario.until("second", ({ rotation }) => rotation.facts.failure?.stalled === true);
  await askedAgo(scenario, "failure.since", "2 hours");
  await scenario.until("second", ({ rotation }) => rotation.facts.awaited?.stalled?.reminders === 1);
  const stalled = (await scenario.status("second")).conditions.find(({ type }) => type === "Stalled");
  expect(stalled?.message).toMatch(/reminded once, last at \S+\.$/);
});
