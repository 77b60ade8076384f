import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { claimLease, LeaseLost } from "../../controller/ledger/lease.ts";
import { SourceFailure } from "../../controller/sources/failure.ts";
import { acceptHistory, failSource, readSource, touchSource } from "../../controller/sources/state.ts";
import { syncSource } from "../../controller/sources/sync.ts";
import { ledgerForSyncs } from "./syncs.ts";

const at = ledgerForSyncs();

describe("the source's row", () => {
  it("says how the last look went, and since when", async () => {
    await syncSource(at.db, at.look([], { problems: [at.problemAt("a.yaml")] }));
    const first = await readSource(at.db, at.source());
    expect(first).toMatchObject({ ready: true, baseline: true, reason: "SyncedWithProblems", cursor: "a".repeat(40) });
    const failure = new SourceFailure("GitUnreachable", "The repository could not be reached.", "Wait.");
    await failSource(at.db, { name: at.source(), kind: "git" }, failure);
    const failed = await readSource(at.db, at.source());
    expect(failed).toMatchObject({
      ready: false,
      reason: "GitUnreachable",
      cursor: "a".repeat(40),
      syncedAt: first?.syncedAt,
    });
    await failSource(at.db, { name: at.source(), kind: "git" }, failure);
    expect((await readSource(at.db, at.source()))?.changedAt).toEqual(failed?.changedAt);
    await touchSource(at.db, at.source());
    expect(await readSource(at.db, at.source())).toMatchObject({ ready: true, reason: "SyncedWithProblems" });
    expect(await at.problems()).toEqual(["InvalidYaml"]);
    await syncSource(at.db, at.look([]));
    expect(await readSource(at.db, at.source())).toMatchObject({ ready: true, reason: "Synced", message: "" });
    expect(await at.problems()).toEqual([]);
  });

  it("exists before the first sync when that fails, and the first sync is still the first", async () => {
    await failSource(
      at.db,
      { name: at.source(), kind: "git" },
      new SourceFailure("BranchNotFound", "No branch.", "Push it."),
    );
    expect(await readSource(at.db, at.source())).toMatchObject({
      ready: false,
      baseline: false,
      reason: "BranchNotFound",
    });
    expect(await syncSource(at.db, at.look([at.request("old")]))).toMatchObject({ baseline: true });
  });

  it("takes a rewritten history only when it stands at one, and the chain says so", async () => {
    const commit = "b".repeat(40);
    await syncSource(at.db, at.look([]));
    expect(await acceptHistory(at.db, at.source(), commit)).toBe(false);
    await failSource(
      at.db,
      { name: at.source(), kind: "git" },
      new SourceFailure("HistoryRewritten", "Both.", "Accept."),
    );
    await expect(acceptHistory(at.db, at.source(), "bbbb")).rejects.toThrow(RangeError);
    expect(await acceptHistory(at.db, at.source(), commit)).toBe(true);
    expect(await readSource(at.db, at.source())).toMatchObject({ cursor: commit, reason: "HistoryAccepted" });
    expect((await at.audited()).at(-1)).toMatchObject({ event: "HistoryAccepted", commit, previous: "a".repeat(40) });
  });
});

it("writes one audit entry for each state change, without a person's name", async () => {
  await syncSource(at.db, at.look([at.request("a"), at.credential("db"), at.decision("d")]));
  await syncSource(at.db, at.look([at.request("a"), at.request("b"), at.decision("d")]));
  await syncSource(at.db, at.look([at.request("a"), at.request("b"), at.decision("d")]));
  const entries = await at.audited();
  expect(entries.map((entry) => [entry["event"], entry["state"]])).toEqual([
    ["SourceBaselined", undefined],
    ["ObjectChanged", undefined],
    ["RequestAppeared", "baseline"],
    ["DecisionAppeared", "baseline"],
    ["ObjectRemoved", undefined],
    ["RequestAppeared", "pending"],
  ]);
  expect(JSON.stringify(entries)).not.toContain("Ana");
});

it("writes nothing for a replica whose lease another one has taken", async () => {
  const order = { name: `source:${at.source()}`, claim: crypto.randomUUID(), owner: "a", ttlMs: 0 };
  const stale = await claimLease(at.db, order);
  await claimLease(at.db, { ...order, claim: crypto.randomUUID(), owner: "b", ttlMs: 60_000 });
  await expect(syncSource(at.db, at.look([at.request("a")]), stale)).rejects.toThrow(LeaseLost);
  expect(await readSource(at.db, at.source())).toBeUndefined();
});

it("leaves the ledger as it was when it is cut off in the middle, and the next sync is whole", async () => {
  await syncSource(at.db, at.look([]));
  const before = (await at.audited()).length;
  // Holds the install chain, so that the sync has written all its rows and waits for the last lock.
  const blocker = new Client({ connectionString: at.url });
  await blocker.connect();
  await blocker.query("begin");
  await blocker.query("select from velvet.lease where name = 'install-chain' for update");
  const cut = syncSource(at.db, at.look([at.request("a"), at.credential("db")])).catch((error: unknown) => error);
  await blockedBackendEnded(blocker);
  expect(await cut).toBeInstanceOf(Error);
  await blocker.query("rollback");
  await blocker.end();
  expect(await at.objects()).toEqual([]);
  expect(await at.audited()).toHaveLength(before);
  expect(await syncSource(at.db, at.look([at.request("a"), at.credential("db")]))).toMatchObject({
    requests: 1,
    changed: 2,
  });
});

async function blockedBackendEnded(client: Client): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const { rowCount } = await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (rowCount === 1) return;
  }
  throw new Error("the sync never waited for the chain");
}

/** So many rows of this ledger's tables were written meanwhile, by the transactions that began after. */
async function rowVersionsBy(act: () => Promise<void>): Promise<number> {
  const [begun] = await at.rows<{ xid: string }>("select pg_current_xact_id()::xid as xid");
  await act();
  const tables = await at.rows<{ name: string }>(
    "select c.oid::regclass::text as name from pg_class c where c.relnamespace = 'velvet'::regnamespace and c.relkind = 'r' and has_table_privilege(c.oid, 'select')",
  );
  expect(tables.length).toBeGreaterThan(10);
  const counts = tables.map(({ name }) => `select count(*) as n from ${name} where age(xmin) < age($1::xid)`);
  const [sum] = await at.rows<{ n: string }>(`select sum(n) as n from (${counts.join(" union all ")}) t`, [begun?.xid]);
  return Number(sum?.n);
}

it("syncs ten thousand requests in one go, and next to nothing when they are there", async () => {
  await syncSource(at.db, at.look([]));
  const documents = Array.from({ length: 10_000 }, (_, index) => at.request(`r-${index}`));
  const start = performance.now();
  const first = await rowVersionsBy(async () => {
    expect(await syncSource(at.db, at.look(documents))).toMatchObject({ requests: 10_000, changed: 10_000 });
  });
  const written = performance.now();
  const versions = await rowVersionsBy(async () => {
    expect(await syncSource(at.db, at.look(documents))).toMatchObject({ requests: 0, changed: 0 });
  });
  const again = performance.now();
  expect(written - start).toBeLessThan(20_000);
  expect(again - written).toBeLessThan(5_000);
  expect(first).toBeGreaterThan(10_000);
  // What it says of itself: its look, and whose turn it is.
  expect(versions).toBeLessThan(10);
  process.stdout.write(
    `10,000 requests: ${Math.round(written - start)} ms, again: ${Math.round(again - written)} ms\n`,
  );
});
