/** Full rotations per second beside the machine's own ceiling, at the same parallelism, in the same run, on the same server. */
import { Client } from "pg";
import { Engine } from "../controller/engine/engine.ts";
import type { Db } from "../controller/ledger/db.ts";
import { FakeVendor } from "../test/support/fake-vendor.ts";
import type { BenchLedger } from "./ledger.ts";
import { openBenchLedger } from "./ledger.ts";
import { benchDeps, benchOptions, documentsOf, requestsOf, sync } from "./world.ts";

export interface Throughput {
  readonly parallel: number;
  readonly rotations: number;
  readonly perSecond: number;
  readonly commitsPerRotation: number;
  readonly commitsPerSecondCeiling: number;
  /** Rotations per second that the ceiling would allow. */
  readonly ceiling: number;
  readonly share: number;
}

const CEILING_MS = 3_000;
const WRITES = new Set(["record", "start_rotation", "claim_rotations"]);

export async function throughput(parallel: number, rotations: number): Promise<Throughput> {
  await using ledger = await openBenchLedger(parallel + 4);
  const vendor = new FakeVendor();
  await sync(ledger.db, documentsOf(vendor, rotations, 1));
  // Half of the ceiling before, half after: a machine whose speed drifts is compared with itself.
  const before = await commitsPerSecond(ledger, parallel);
  const counted = counting(ledger.db);
  await sync(ledger.db, [...documentsOf(vendor, rotations, 1), ...requestsOf(rotations)]);
  const ms = await rotateAll(counted.db, vendor, parallel, rotations, ledger);
  const after = await commitsPerSecond(ledger, parallel);
  const commits = (before + after) / 2;
  const commitsPerRotation = counted.writes() / rotations;
  const perSecond = (rotations / ms) * 1_000;
  const ceiling = commits / commitsPerRotation;
  return {
    parallel,
    rotations,
    perSecond,
    commitsPerRotation,
    commitsPerSecondCeiling: commits,
    ceiling,
    share: perSecond / ceiling,
  };
}

async function rotateAll(
  db: Db,
  vendor: FakeVendor,
  parallel: number,
  rotations: number,
  ledger: BenchLedger,
): Promise<number> {
  const started = performance.now();
  const engine = new Engine(benchDeps(db, vendor), benchOptions(vendor, parallel));
  for (;;) {
    if (vendor.calls("issuer.revoke").length >= rotations && (await done(ledger)) >= rotations) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const ms = performance.now() - started;
  await engine.stop();
  return ms;
}

async function done(ledger: BenchLedger): Promise<number> {
  const { rows } = await ledger.pool.query<{ count: string }>(
    "select count(*) from velvet.rotation where state = 'done'",
  );
  return Number(rows[0]?.count);
}

/** Counts what commits; reads do not. */
function counting(db: Db): { db: Db; writes: () => number } {
  let writes = 0;
  return {
    writes: () => writes,
    db: {
      query: async (statement, values) => {
        if (WRITES.has(statement.name)) writes += 1;
        return db.query(statement, values);
      },
      transaction: async (work) => db.transaction(work),
    },
  };
}

/** Single-row commits per second: as many connections, each inserting one row after the other. */
async function commitsPerSecond(ledger: BenchLedger, parallel: number): Promise<number> {
  const clients = Array.from({ length: parallel }, () => new Client({ connectionString: ledger.ownerUrl }));
  await Promise.all(clients.map(async (client) => client.connect()));
  await clients[0]?.query(
    "create table if not exists velvet.bench (id bigint generated always as identity primary key, at timestamptz)",
  );
  let commits = 0;
  const end = performance.now() + CEILING_MS;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < end) {
        await client.query({ name: "one", text: "insert into velvet.bench (at) values ($1)", values: [new Date()] });
        commits += 1;
      }
    }),
  );
  await Promise.all(clients.map(async (client) => client.end()));
  return (commits / CEILING_MS) * 1_000;
}
