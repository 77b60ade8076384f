import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CREDENTIAL, NAMESPACE, Scenario } from "../../test/support/scenario.ts";
import { listRequests } from "../ledger/views.ts";
import { keepSchedules } from "./scheduler.ts";

const ON = { environment: "test", rotationOn: true, free: true };
const EVERY = { rotation: { every: "90d", jitter: "0s", overlap: "0s" } };
let scenario: Scenario;

beforeEach(async () => {
  scenario = await Scenario.open({ credential: EVERY });
});

afterEach(async () => {
  await scenario[Symbol.asyncDispose]();
});

/** As if so many days had gone by: for the credential, and for whoever made the last pass. */
async function daysGoBy(days: number): Promise<void> {
  const by = `interval '${days} days'`;
  await scenario.ledger.pool.query(`
    update velvet.object set first_seen_at = first_seen_at - ${by};
    update velvet.credential set issued_at = issued_at - ${by};
    update velvet.request set changed_at = changed_at - ${by}, appeared_at = appeared_at - ${by};
    update velvet.rotation set ended_at = ended_at - ${by};
    update velvet.attempt set created_at = created_at - ${by};
    update velvet.schedule set next_look_at = least(next_look_at - ${by}, clock_timestamp());
    update velvet.lease set lease_until = '-infinity' where name = 'scheduler'`);
}

async function requests(): Promise<string[]> {
  return (await listRequests(scenario.ledger.db)).map(({ name }) => name);
}

async function shown(): Promise<Record<string, unknown> | undefined> {
  const { rows } = await scenario.ledger.pool.query<Record<string, unknown>>(
    "select due, waits_for, due_at is not null as scheduled from velvet.schedule",
  );
  return rows[0];
}

/** The name of the one request that a pass wrote. */
async function scheduledName(): Promise<string> {
  const { rows } = await scenario.ledger.pool.query<{ name: string }>(
    "select name from velvet.request where origin ->> 'kind' = 'schedule' order by appeared_at desc limit 1",
  );
  return rows[0]?.name ?? "";
}

describe("the scheduler", () => {
  it("asks for nothing that is not due, however often it looks", async () => {
    for (const days of [0, 30, 59]) {
      await daysGoBy(days);
      expect(await keepSchedules(scenario.deps(), ON)).toBe(0);
    }
    expect(await requests()).toEqual([]);
    expect(await shown()).toEqual({ due: false, waits_for: "", scheduled: true });
  });

  it("asks once for what is due, on the word of the manifest, and the rotation runs to its end", async () => {
    await daysGoBy(91);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(1);
    const name = await scheduledName();
    expect(name).toMatch(/^token-\d{8}t\d{4}-[0-9a-f]{8}$/);
    scenario.start();
    const { rotation } = await scenario.ended(name);
    expect(rotation.state).toBe("done");
    expect(rotation.snapshot.request.spec).toMatchObject({ flow: "Operational", reason: "Scheduled: every 90d." });
    await daysGoBy(1);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(0);
    expect(await shown()).toMatchObject({ due: false });
    await daysGoBy(90);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(1);
    expect(await scheduledName()).not.toBe(name);
  });

  it("asks once, however many replicas look at the same time", async () => {
    await daysGoBy(91);
    const written = await Promise.all(
      ["a", "b", "c"].map(async (replica) => keepSchedules(scenario.deps(replica), ON)),
    );
    expect(written.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await requests()).toHaveLength(1);
  });

  it("writes an audit row for what it asks for", async () => {
    await daysGoBy(91);
    await keepSchedules(scenario.deps(), ON);
    const { rows } = await scenario.ledger.pool.query<{ row: object }>(
      "select convert_from(canonical, 'UTF8')::jsonb as row from velvet.audit where chain = 'install' and convert_from(canonical, 'UTF8') like '%RequestScheduled%'",
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).toMatchObject({
      event: "RequestScheduled",
      namespace: NAMESPACE,
      name: await scheduledName(),
    });
  });

  it("says that it is due, and asks for nothing, where rotation is off, held, suspended, or somebody asked already", async () => {
    await daysGoBy(91);
    expect(await keepSchedules(scenario.deps(), { ...ON, rotationOn: false })).toBe(0);
    expect(await shown()).toMatchObject({ due: true, waits_for: "VELVET_ROTATION=off" });
    await daysGoBy(1);
    expect(await keepSchedules(scenario.deps(), { ...ON, free: false })).toBe(0);
    await scenario.change("Credential", CREDENTIAL, (spec: object) => ({ ...spec, suspend: true }));
    await daysGoBy(0);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(0);
    expect(await shown()).toMatchObject({ due: true, waits_for: "the credential is suspended" });
    await scenario.change("Credential", CREDENTIAL, (spec: object) => ({ ...spec, suspend: false }));
    await scenario.request("by-hand");
    await daysGoBy(0);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(0);
    expect(await shown()).toMatchObject({ due: true, waits_for: "by-hand is under way" });
    expect(await requests()).toEqual(["by-hand"]);
  });

  it("asks for nothing while the window is closed that was open when it was due, and says when it opens", async () => {
    const day = "Sun Mon Tue Wed Thu Fri Sat".split(" ")[(new Date().getUTCDay() + 2) % 7] ?? "";
    const window = { days: [day], start: "09:00", end: "10:00" };
    await scenario.change("Credential", CREDENTIAL, (spec: object) => ({
      ...spec,
      rotation: { ...EVERY.rotation, window },
    }));
    await daysGoBy(120);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(0);
    expect(await shown()).toMatchObject({ due: true, waits_for: "" });
    const { rows } = await scenario.ledger.pool.query("select starts_at > now() as ahead from velvet.schedule");
    expect(rows).toEqual([{ ahead: true }]);
  });

  it("begins no more of a backlog because it is reckoned in several batches", async () => {
    await scenario.ledger.pool.query(`
      insert into velvet.object
      select o.* from velvet.object c, generate_series(1, 5) n,
        jsonb_populate_record(c, jsonb_build_object('uid', gen_random_uuid(), 'name', 'copy-' || n)) o
      where c.kind = 'Credential'`);
    await daysGoBy(91);
    expect(await keepSchedules(scenario.deps(), { ...ON, batch: 2 })).toBe(1);
  });

  it("waits longer after each failure, and asks under another name", async () => {
    await daysGoBy(91);
    await keepSchedules(scenario.deps(), ON);
    const first = await scheduledName();
    await scenario.ledger.pool.query("update velvet.request set state = 'refused', reason = 'NoConsumers'");
    await daysGoBy(0);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(0);
    await scenario.ledger.pool.query("update velvet.request set changed_at = changed_at - interval '61 minutes'");
    await daysGoBy(0);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(1);
    expect(await scheduledName()).toBe(`${first}-2`);
  });

  it("is told of a vendor's date, and asks in time although no interval is set", async () => {
    await scenario.change("Credential", CREDENTIAL, (spec: object) => ({ ...spec, rotation: {} }));
    scenario.start();
    await scenario.request("first");
    await scenario.ended("first");
    await daysGoBy(30);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(0);
    const expiresAt = new Date(Date.now() + 5 * 86_400_000).toISOString();
    await scenario.ledger.pool.query(
      "update velvet.rotation set facts = facts || jsonb_build_object('expiresAt', $1::text)",
      [expiresAt],
    );
    await scenario.ledger.pool.query("update velvet.schedule set next_look_at = clock_timestamp()");
    await daysGoBy(0);
    expect(await keepSchedules(scenario.deps(), ON)).toBe(1);
  });
});
