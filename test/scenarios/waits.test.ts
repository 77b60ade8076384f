import { afterEach, beforeEach, expect, it } from "vitest";
import { remindOfWaits } from "../../controller/engine/waits.ts";
import { readMeasures } from "../../controller/ledger/measures.ts";
import { shownCredentials, shownRequests } from "../../controller/ledger/projections.ts";
import { listRequests } from "../../controller/ledger/views.ts";
import { credentialStatus } from "../../controller/projections/kubernetes/credential-status.ts";
import { requestStatus } from "../../controller/projections/kubernetes/request-status.ts";
import { tellTo, openWebhook, type Webhook } from "../leak/webhook.ts";
import { CREDENTIAL, NAMESPACE, Scenario } from "../support/scenario.ts";

let scenario: Scenario;
let webhook: Webhook;
const stopping = new AbortController();

beforeEach(async () => {
  scenario = await Scenario.open();
  webhook = await openWebhook();
});

afterEach(async () => {
  await webhook[Symbol.asyncDispose]();
  await scenario[Symbol.asyncDispose]();
});

/** As if so much time had gone by since it was asked, and since the last pass. */
async function goesBy(interval: string): Promise<number> {
  const by = `interval '${interval}'`;
  await scenario.ledger.pool.query(`
    update velvet.request set appeared_at = appeared_at - ${by}, changed_at = changed_at - ${by} where state = 'pending';
    update velvet.finding set since = since - ${by};
    update velvet.wait set since = since - ${by}, remind_at = remind_at - ${by}, reminded_at = reminded_at - ${by};
    update velvet.lease set lease_until = '-infinity' where name = 'waits'`);
  return remindOfWaits(scenario.deps());
}

async function entries(): Promise<object[]> {
  const { rows } = await scenario.ledger.pool.query<{ row: { event: string } }>(
    "select convert_from(canonical, 'UTF8')::jsonb as row from velvet.audit where chain = 'install' order by seq",
  );
  return rows.map(({ row }) => row).filter(({ event }) => event.startsWith("Person"));
}

/** Until everything was heard. */
async function alarms(): Promise<unknown[]> {
  const notifications = tellTo(webhook, scenario.ledger.db, stopping.signal);
  await webhook.next;
  stopping.abort();
  await notifications;
  return [...webhook.heard];
}

async function requestShown(name: string) {
  const [row] = await shownRequests(scenario.ledger.db, [{ namespace: NAMESPACE, name }]);
  return requestStatus(row, [], 1, "2026-11-27T08:00:00.000Z") as unknown as {
    readonly conditions: readonly { readonly type: string; readonly message: string }[];
    readonly reminders?: readonly object[];
  };
}

it("a request that cannot begin is reminded of, then told to the alarm, until it begins; one that waits for a date is not", async () => {
  const { pool } = scenario.ledger;
  await scenario.request("stuck", { credentialRef: { name: "not-there" } });
  await scenario.request("dated", { credentialRef: { name: "not-there" } });
  await pool.query(
    "update velvet.request set reason = case name when 'dated' then 'NotBefore' else 'CredentialNotFound' end",
  );
  expect(await goesBy("1 minute")).toBe(0);
  expect(await goesBy("61 minutes")).toBe(1);
  // Nobody is told twice: the other replica's pass was made.
  expect(await remindOfWaits(scenario.deps("b"))).toBe(0);
  const shown = await requestShown("stuck");
  expect(shown.conditions.find(({ type }) => type === "Ready")?.message).toMatch(/Asked since \S+, reminded once/);
  expect(shown.reminders).toMatchObject([{ for: "stalled", about: "CredentialNotFound", count: 1 }]);
  expect((await requestShown("dated")).reminders).toBeUndefined();
  const listed = Object.fromEntries((await listRequests(scenario.ledger.db)).map((each) => [each.name, each.reminded]));
  expect(listed).toEqual({ dated: undefined, stuck: expect.stringMatching(/^Asked since \S+, reminded once/) });
  expect((await readMeasures(scenario.ledger.db)).unanswered).toBe(0);

  expect(await goesBy("3 days")).toBe(1);
  expect(await alarms()).toMatchObject([
    {
      text: expect.stringContaining(
        `The request ${NAMESPACE}/stuck has not begun, and waits for a person: CredentialNotFound. Asked since`,
      ),
    },
  ]);
  expect((await readMeasures(scenario.ledger.db)).unanswered).toBe(1);

  await pool.query("update velvet.request set state = 'expired' where name = 'stuck'");
  expect(await goesBy("1 minute")).toBe(0);
  expect((await readMeasures(scenario.ledger.db)).unanswered).toBe(0);
  expect(await entries()).toMatchObject([
    { event: "PersonReminded", kind: "admission", about: "CredentialNotFound", name: "stuck", reminders: 1 },
    { event: "PersonOverdue", kind: "admission", about: "CredentialNotFound", name: "stuck" },
    { event: "PersonAnswered", kinds: ["admission"], name: "stuck" },
  ]);
});

it("a fight over a place is reminded of behind Stalled, until a person has said something", async () => {
  const { pool, db } = scenario.ledger;
  scenario.start();
  await scenario.request("first");
  await scenario.ended("first");
  await pool.query(`
    insert into velvet.finding (credential, place, kind, grade, state, message, digest)
    select uid, 'app', 'DriftFight', 'value', 'open', 'Written three times.', 'fight' from velvet.credential`);
  expect(await goesBy("1 minute")).toBe(0);
  expect(await goesBy("61 minutes")).toBe(1);
  const place = { namespace: NAMESPACE, name: CREDENTIAL };
  const stalled = async () => {
    const [row] = await shownCredentials(db, [place]);
    if (!row) throw new Error("it is there");
    const { uid, generation, firstSeenAt, retired, awaited } = row;
    const finding = {
      place: "app",
      kind: "DriftFight",
      grade: "value",
      state: "open",
      message: "Written three times.",
      digest: "fight",
      details: {},
      since: firstSeenAt,
    } as const;
    const drift = { ...place, state: "drifted", changedAt: firstSeenAt, findings: [finding] } as never;
    const known = { uid, generation, firstSeenAt, retired, awaited, drift };
    const { conditions } = credentialStatus(known, [], 1, firstSeenAt) as unknown as {
      readonly conditions: readonly { readonly type: string; readonly message: string }[];
    };
    return conditions.find(({ type }) => type === "Stalled")?.message;
  };
  expect(await stalled()).toMatch(/^Written three times\. Asked since \S+, reminded once, last at \S+\.$/);
  await pool.query(`update velvet.finding set wanted_by = '{"name": "ana"}'`);
  expect(await goesBy("1 minute")).toBe(0);
  expect(await stalled()).toBe("Written three times.");
  expect(await entries()).toMatchObject([
    { event: "PersonReminded", kind: "fight", about: "app", name: CREDENTIAL },
    { event: "PersonAnswered", kinds: ["fight"], name: CREDENTIAL },
  ]);
});
