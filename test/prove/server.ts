/** The real Postgres of a proof: one server for all of its processes, a ledger of its own for each runner. */
import { randomBytes } from "node:crypto";
import { Client, type Pool } from "pg";
import { type Db, ledgerOf, openPool } from "../../controller/ledger/db.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** Holds a `TestServer` as JSON: whoever starts other processes hands its own server on. */
export const SERVER_VARIABLE = "VELVET_PROOF_SERVER";

/** The server that was handed on, else a new one, which `stop` ends. */
export async function proofServer(): Promise<{ server: TestServer; stop: () => Promise<void> }> {
  const given = process.env[SERVER_VARIABLE];
  if (given === undefined) return startTestServer();
  return { server: JSON.parse(given) as TestServer, stop: async () => undefined };
}

export interface ProofLedger {
  /** As the controller's role. */
  readonly db: Db;
  readonly pool: Pool;
  /** By role. */
  readonly urlFor: (role: keyof TestServer["passwords"]) => string;
  readonly superuserUrl: string;
  readonly name: string;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** Many stories are told side by side while the machine does other things: whoever looks at them waits. */
const PATIENCE_MS = 120_000;

/** A migrated ledger of its own, cloned from the template: about 50 ms. */
export async function cloneLedger(server: TestServer, connections = 10): Promise<ProofLedger> {
  const name = `proof_${randomBytes(6).toString("hex")}`;
  await asSuperuser(server, `create database ${name} template ${server.template} owner velvet_owner`);
  const urlFor = (role: keyof TestServer["passwords"]): string =>
    `postgres://${role}:${server.passwords[role]}@${server.host}:${server.port}/${name}`;
  const pool = openPool(
    {
      connectionString: urlFor("velvet_app"),
      max: connections,
      applicationName: "velvet proof",
      patienceMs: PATIENCE_MS,
    },
    () => undefined,
  );
  return {
    db: ledgerOf(pool),
    pool,
    urlFor,
    superuserUrl: databaseUrl(server.superuserUrl, name),
    name,
    drop: async () => {
      await pool.end();
      await asSuperuser(server, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Runs one statement as superuser, in `database` (default `postgres`). */
export async function asSuperuser<Row extends object>(
  server: TestServer,
  sql: string,
  database = "postgres",
): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl(server.superuserUrl, database) });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
