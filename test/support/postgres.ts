/** Databases for tests, on the run's one server. */
import { randomBytes } from "node:crypto";
import { Client, type Pool } from "pg";
import { inject } from "vitest";
import { type Db, ledgerOf, openPool } from "../../controller/ledger/db.ts";
import type { TestServer } from "./server.ts";

export interface FreshDatabase {
  /** Superuser, this database. */
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

export interface FreshLedger {
  /** As the controller's role. */
  readonly db: Db;
  /** Behind `db`. Ten connections. */
  readonly pool: Pool;
  /** Superuser, this database: for arranging and tampering. */
  readonly url: string;
  /** As the controller's role: may not change audit rows. */
  readonly appUrl: string;
  /** As the owner: for migrations. */
  readonly ownerUrl: string;
  /** As the audit verifier's read-only role. */
  readonly auditorUrl: string;
  readonly name: string;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

let given: TestServer | undefined;

/** For scripts, which vitest does not run: everything in this process uses this server. */
export function useServer(server: TestServer): void {
  given = server;
}

/** The run's server. Every test file of a run shares it: name roles and databases at random. */
export function testServer(): TestServer {
  return given ?? inject("postgres");
}

/** A migrated ledger of its own, cloned from the template: about 50 ms. */
export async function freshLedger(): Promise<FreshLedger> {
  const server = testServer();
  const name = `ledger_${randomBytes(6).toString("hex")}`;
  await asSuperuser(`create database ${name} template ${server.template} owner velvet_owner`);
  const appUrl = urlOf(server, "velvet_app", name);
  const pool = openPool({ connectionString: appUrl, max: 10, applicationName: "velvet test" }, () => undefined);
  return {
    db: ledgerOf(pool),
    pool,
    url: databaseUrl(server.superuserUrl, name),
    appUrl,
    ownerUrl: urlOf(server, "velvet_owner", name),
    auditorUrl: urlOf(server, "velvet_auditor", name),
    name,
    drop: async () => {
      await pool.end();
      await dropDatabase(name);
    },
  };
}

/** An empty database, with superuser access: for what is no ledger. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await asSuperuser(`create database ${name}`);
  return { url: databaseUrl(testServer().superuserUrl, name), name, drop: async () => dropDatabase(name) };
}

/** Runs one statement as superuser, in `database` (default `postgres`). */
export async function asSuperuser<Row extends object>(sql: string, database = "postgres"): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl(testServer().superuserUrl, database) });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function dropDatabase(name: string): Promise<void> {
  await asSuperuser(`drop database if exists ${name} with (force)`);
}

function urlOf(server: TestServer, role: keyof TestServer["passwords"], database: string): string {
  return `postgres://${role}:${server.passwords[role]}@${server.host}:${server.port}/${database}`;
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
