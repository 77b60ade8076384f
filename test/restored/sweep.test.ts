/** Everything at a vendor with this install's marker has an owner, or somebody is told; and nothing is ended that anybody may use. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sweepCommand } from "../../controller/cli/sweep.ts";
import { wrongShape } from "../../controller/cli/shapes.fixture.ts";
import { openOutput } from "../../controller/cli/output.ts";
import { sweepCondition } from "../../controller/domain/sweep.ts";
import { listHolds } from "../../controller/ledger/holds.ts";
import { readMeasures } from "../../controller/ledger/measures.ts";
import { shownAccounts } from "../../controller/ledger/projections.ts";
import { listRestored } from "../../controller/ledger/restored.ts";
import { listSweeps, sweepNow } from "../../controller/ledger/sweeps.ts";
import { sweepDue } from "../../controller/sweep/run.ts";
import { testServer } from "../support/postgres.ts";
import { accept } from "./drill.ts";
import { DrillWorld } from "./drill-world.ts";

let world: DrillWorld;
beforeEach(async () => {
  world = await DrillWorld.open(testServer());
  world.vendor.sinkTraits = { grade: "value", atomic: true, conditional: true };
});
afterEach(async () => world[Symbol.asyncDispose]());

async function rotated(...names: readonly string[]): Promise<void> {
  await world.start();
  for (const name of names) await world.credential(name);
  await world.sync(); // a request in the very first look would be a baseline
  for (const name of names) world.request(`${name}-1`, name);
  await world.sync();
  await world.ended(...names.map((name) => `${name}-1`));
}

function plant(id: string, marker: string | undefined, family: string): void {
  world.vendor.keys.set(id, { value: `${id}-value`, marker, enabled: true, family });
}

async function sweep(mayEnd = true): Promise<Awaited<ReturnType<typeof found>>> {
  await sweepNow(world.db);
  while ((await sweepDue({ ...world.deps(), mayEnd: () => mayEnd }, AbortSignal.timeout(30_000))) > 0);
  return found();
}

async function found() {
  const [view] = await listSweeps(world.db, "fake");
  if (!view) throw new Error("the account was not swept");
  return view;
}

/** A mint of a rotation that is over, and whose value is lost: what the reaper had found nothing of. */
async function loseAttempt(name: string): Promise<{ id: string; marker: string }> {
  const id = randomUUID();
  const [row] = await world.rows<{ marker: string }>(
    `insert into velvet.attempt (id, rotation, credential, number, marker, mint_class, state, deadline)
     select $1::uuid, r.id, r.credential, 2, 'velvet/test/' || r.credential || '/' || $1::text, 'client-supplied', 'lost', clock_timestamp() - interval '1 hour'
     from velvet.rotation r where r.name = $2 returning marker`,
    [id, `${name}-1`],
  );
  return { id, marker: row?.marker ?? "" };
}

describe("a sweep of an account", () => {
  it("finds an owner for all that rotations left, in use, in quarantine and under way, of every Credential", async () => {
    await rotated("one", "two");
    const { found: unowned, facts } = await sweep();
    expect(unowned).toEqual([]);
    expect(facts).toMatchObject({
      listed: 2,
      unmarked: 0,
      unlisted: [],
      counts: { current: 2, retired: 2, others: 0 },
    });
    expect(sweepCondition(await found())).toMatchObject({ status: "False", reason: "AllAccounted" });
  });

  it("has what a finished mint left behind ended by the reaper, and says so until it is gone", async () => {
    await rotated("one");
    const { marker } = await loseAttempt("one");
    plant("late", marker, "one");
    await world.stop();
    expect((await sweep(false)).found).toMatchObject([{ id: "late", why: "Orphan", credential: "team/one" }]);
    expect(world.vendor.keys.has("late")).toBe(true); // rotations are switched off
    await sweep();
    await world.start();
    await world.until("the end of the orphan", async () => !world.vendor.accepts("late-value"));
    expect((await sweep()).found).toEqual([]);
    const [audited] = await world.rows<{ text: string }>(
      "select convert_from(canonical, 'UTF8') as text from velvet.audit where convert_from(canonical, 'UTF8') like '%OrphanWatched%'",
    );
    expect(JSON.parse(audited?.text ?? "")).toMatchObject({ vendorId: "late", credential: "team/one" });
  });

  it("never touches what the ledger does not know, what a restored ledger did not see ending, or another install's", async () => {
    await rotated("one", "two");
    plant("unknown", `velvet/test/${randomUUID()}/${randomUUID()}`, "one");
    plant("foreign", `velvet/other/${randomUUID()}/${randomUUID()}`, "one");
    plant("stranger", undefined, "one");
    const { marker } = await loseAttempt("two");
    plant("overtaken", marker, "two");
    await world.rows(
      `update velvet.rotation set facts = facts || '{"residual":[{"kind":"LedgerRestored","message":""}]}' where name = 'two-1'`,
    );
    const { found: unowned, facts } = await sweep();
    expect(unowned.map(({ id, why }) => `${id} ${why}`).toSorted()).toEqual([
      "overtaken LeftBehind",
      "unknown UnknownMarker",
    ]);
    expect(facts.counts?.others).toBe(2);
    const [row] = await world.rows<{ count: number }>(
      "select count(*) from velvet.tombstone where state = 'watching' and looks = 3",
    );
    expect(Number(row?.count)).toBe(0);
    for (const id of ["unknown", "foreign", "stranger", "overtaken"])
      expect(world.vendor.accepts(`${id}-value`)).toBe(true);
    expect(await listHolds(world.db)).toEqual([]);
  });

  it("also looks where a Credential's manifest is gone, and is told on the account, in the gauge and by the command", async () => {
    await rotated("one");
    await world.remove("Credential", "one");
    plant("unknown", `velvet/test/${randomUUID()}/${randomUUID()}`, "one");
    const { account, nextSweepAt } = await sweep();
    expect(Date.parse(nextSweepAt ?? "") - Date.now()).toBeLessThan(700_000);
    const [shown] = await shownAccounts(world.db, [account]);
    expect(shown?.sweep && sweepCondition(shown.sweep)).toMatchObject({
      type: "Drifted",
      status: "True",
      reason: "Unaccounted",
      message: "unknown has this install's marker, and the ledger does not know it.",
    });
    expect((await readMeasures(world.db)).unaccounted).toBe(1);
    const json = await said(account, { output: "json" });
    expect(wrongShape("sweep", json.text)).toEqual([]);
    expect(json.code).toBe(1);
    expect((await said(account)).text).toContain("If nobody uses it, end it at the vendor.");
  });

  it("says what could not be listed, and that nobody can tell", async () => {
    await rotated("one");
    world.vendor.fault = ({ label }) => {
      if (label === "issuer.list") throw new Error("down");
    };
    const view = await sweep();
    expect(sweepCondition(view)).toMatchObject({ status: "Unknown", reason: "NotListed" });
    expect((await said("fake")).text).toContain("team/one could not be listed: AdapterFault");
  });
});

describe("a vendor that knows more than the ledger", () => {
  it("shows that the ledger was restored, although nothing that was published is left", async () => {
    await rotated("one");
    await world.backup();
    world.request("one-2", "one");
    await world.sync();
    await world.ended("one-2");
    await world.stop();
    await world.restore();
    await world.forgetPublished();
    await sweep();
    expect(await listHolds(world.db)).toMatchObject([{ place: "vendor:fake", reason: "LedgerRollback" }]);
    await world.start();
    await world.until("it is held", async () => world.isHeld);
    await world.until("the report", async () => (await listRestored(world.db)).every(({ truth }) => truth !== null));
    await accept(world, await listHolds(world.db), await listRestored(world.db));
    await world.until("it goes on", async () => !world.isHeld);
    // What custody holds is known now; the old one, which the backup took for the one in use, has a row of its own.
    expect((await sweep()).found).toEqual([]);
    expect(await listHolds(world.db)).toEqual([]);
  });
});

async function said(account: string, options: { output?: "json" } = {}): Promise<{ code: number; text: string }> {
  let text = "";
  const stream = { write: (more: string) => (text += more) };
  const out = openOutput({ stdout: stream, stderr: stream, noColour: "1" });
  const { clock } = world.deps();
  const context = {
    out,
    clock,
    env: {},
    machine: { root: false, home: "/nowhere" },
    random: () => Buffer.alloc(0),
    stop: new AbortController().signal,
  };
  const code = await sweepCommand(context, account, options, world.db);
  return { code, text };
}
