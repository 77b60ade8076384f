/** A throw-away ledger on an embedded server that keeps its promises: fsync and synchronous_commit are on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import type { Db } from "../controller/ledger/db.ts";
import { ledgerOf, openPool } from "../controller/ledger/db.ts";
import { openEmbeddedLedger } from "../controller/ledger/embedded/open.ts";
import { migrate } from "../controller/ledger/migrate.ts";

export interface BenchLedger extends AsyncDisposable {
  readonly db: Db;
  readonly pool: Pool;
  /** As the ledger's owner: for the bench's own table. */
  readonly ownerUrl: string;
  /** As the controller: for processes of their own. */
  readonly appUrl: string;
}

export async function openBenchLedger(connections: number): Promise<BenchLedger> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-bench-"));
  const server = await openEmbeddedLedger({
    dataDir: folder,
    cacheDir: join(tmpdir(), "velvet-bench-cache"),
    durable: true,
    log: () => undefined,
  });
  await migrate({ migrationUrl: server.migrationUrl.reveal(), appRole: "velvet_app", auditorRoles: [] });
  const pool = openPool(
    { connectionString: server.appUrl.reveal(), max: connections, applicationName: "bench" },
    () => undefined,
  );
  return {
    db: ledgerOf(pool),
    pool,
    ownerUrl: server.migrationUrl.reveal(),
    appUrl: server.appUrl.reveal(),
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
