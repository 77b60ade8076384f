/**
 * Brings the ledger to this Velvet's schema. Idempotent, safe with any number of replicas starting at once, and it refuses rather than
 * guesses. Every lock is a transaction's own, so that it works through a pooler too.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Client } from "pg";
import { forbidden, LedgerError, ledgerErrorOf, readOnly } from "./errors.ts";

export interface Migration {
  readonly version: number;
  /** The file's name without `.sql`: `0001_ledger`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file. */
  readonly hash: Buffer;
}

export interface MigrateOptions {
  /** Of the role that owns the ledger. */
  readonly migrationUrl: string;
  /** The role that the controller works as: `current_user` of DATABASE_URL. May be the owner. */
  readonly appRole: string;
  /** Roles that may only read the audit chains. Unknown ones are left out. */
  readonly auditorRoles?: readonly string[];
  readonly migrations?: readonly Migration[];
}

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly version: number;
  readonly auditProtection: AuditProtection;
}

/**
 * What keeps the app's role from changing audit rows: `role` (it has no right to, and the triggers stand behind that), or `trigger` (it
 * owns the table or is superuser, and could drop the triggers).
 */
export type AuditProtection = "role" | "trigger";

/** "velvet" in a number: one migrator at a time in each database. */
const MIGRATION_LOCK = "select pg_advisory_xact_lock(8527213371990118)";
const OLDEST_SERVER = 140_000;
const FOLDER = new URL("./migrations/", import.meta.url);

/** The migrations of this Velvet, in order. Throws when a number is missing or given twice. */
export function ownMigrations(): Migration[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".sql"));
  return files.toSorted().map((file, index) => {
    const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1]);
    if (version !== index + 1) throw new Error(`migrations are numbered 0001, 0002, …: ${file} is out of line`);
    const sql = readFileSync(new URL(file, FOLDER), "utf8");
    return { version, name: file.replace(/\.sql$/, ""), sql, hash: createHash("sha256").update(sql).digest() };
  });
}

/** Migrates and grants. Throws `LedgerError`. */
export async function migrate(options: MigrateOptions): Promise<MigrationReport> {
  const migrations = options.migrations ?? ownMigrations();
  const client = new Client({
    connectionString: options.migrationUrl,
    application_name: "velvet migrate",
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => undefined); // a lost connection also fails the statement that is under way
  try {
    await client.connect();
    await refuseServer(client);
    const applied = await bringForward(client, migrations);
    await grant(client, options);
    return { applied, version: migrations.length, auditProtection: await auditProtection(client, options.appRole) };
  } catch (error) {
    throw ledgerErrorOf(error, "migrate the ledger");
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Which migrations of `migrations` the ledger does not have yet. Reads only. Throws `LedgerError` as `migrate` would. */
export async function pendingMigrations(client: Client, migrations: readonly Migration[]): Promise<Migration[]> {
  await refuseServer(client);
  const rows = await appliedRows(client);
  refuseHistory(rows, migrations);
  return migrations.filter((migration) => !rows.some((row) => row.version === migration.version));
}

async function refuseServer(client: Client): Promise<void> {
  const { rows } = await client.query<Server>(read("server"));
  refuseUnfit(rows[0] ?? { version: 0, readonly: true });
}

export interface Server {
  /** `server_version_num`: 160004. */
  readonly version: number;
  readonly readonly: boolean;
}

/** Throws `LedgerError` when no ledger can live on such a server. */
export function refuseUnfit(server: Server): void {
  if (server.readonly && server.version >= OLDEST_SERVER) throw readOnly();
  if (server.version >= OLDEST_SERVER) return;
  throw new LedgerError(
    "PostgresTooOld",
    `the ledger's server is Postgres ${Math.floor(server.version / 10_000)}, and Velvet needs 14 or newer`,
    "Upgrade the server, or point DATABASE_URL at a newer one.",
  );
}

interface AppliedRow {
  readonly version: number;
  readonly name: string;
  readonly hash: Buffer;
}

async function appliedRows(client: Client): Promise<AppliedRow[]> {
  const { rows: found } = await client.query<{ there: boolean; usable: boolean }>(read("migration_table"));
  if (found[0]?.there !== true) return [];
  if (!found[0].usable) throw forbidden("read the table velvet.migration");
  return (await client.query<AppliedRow>(read("applied_migrations"))).rows;
}

function refuseHistory(rows: readonly AppliedRow[], migrations: readonly Migration[]): void {
  for (const row of rows) {
    const own = migrations.find((migration) => migration.version === row.version);
    if (own === undefined) {
      throw new LedgerError(
        "LedgerNewer",
        `the ledger has the migration ${row.name}, which this Velvet does not know`,
        "Run the newer Velvet that made it. To go back, restore the ledger's backup from before the upgrade.",
      );
    }
    if (!own.hash.equals(row.hash)) {
      throw new LedgerError(
        "LedgerChanged",
        `the ledger's migration ${row.name} is not the one that this Velvet brings`,
        "Run a released Velvet. A development ledger can be thrown away: stop Velvet and remove its data directory.",
      );
    }
  }
}

async function bringForward(client: Client, migrations: readonly Migration[]): Promise<string[]> {
  const applied: string[] = [];
  for (;;) {
    const [next] = await pendingMigrations(client, migrations);
    if (next === undefined) return applied;
    if (await apply(client, migrations, next)) applied.push(next.name);
  }
}

/** One transaction, with the version's row first. False when another replica was quicker. */
async function apply(client: Client, migrations: readonly Migration[], migration: Migration): Promise<boolean> {
  return inTransaction(client, async () => {
    await client.query(MIGRATION_LOCK);
    if (migration.version === 1) await client.query(readFileSync(new URL("./versions.sql", import.meta.url), "utf8"));
    const [next] = await pendingMigrations(client, migrations);
    if (next?.version !== migration.version) return false;
    await client.query(read("record_migration"), [migration.version, migration.name, migration.hash]);
    await client.query(migration.sql);
    return true;
  });
}

/** Only the owner can grant: with any other role the rights stay as somebody has set them. */
async function grant(client: Client, options: MigrateOptions): Promise<void> {
  const { rows } = await client.query<{ owner: boolean }>(read("is_ledger_owner"));
  if (rows[0]?.owner !== true) return;
  await inTransaction(client, async () => {
    await client.query(MIGRATION_LOCK);
    await runEach(client, read("app_grants"), [options.appRole]);
    await runEach(client, read("auditor_grants"), [options.auditorRoles ?? []]);
  });
}

/** Runs the statements that a query writes: identifiers are quoted by the server. */
async function runEach(client: Client, query: string, values: readonly unknown[]): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(query, [...values]);
  for (const row of rows) await client.query(row.statement);
}

/** What protects the audit rows from `role`. */
export async function auditProtection(client: Client, role: string): Promise<AuditProtection> {
  const { rows } = await client.query<{ protected: boolean }>(read("audit_protection"), [role]);
  return rows[0]?.protected === true ? "role" : "trigger";
}

async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

function read(name: string): string {
  return readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), "utf8");
}
