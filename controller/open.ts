/** The ledger as configured: the embedded one or DATABASE_URL, migrated and ready. */
import { Client, type Pool } from "pg";
import type { Secret } from "../adapters/secret.ts";
import type { Config } from "./config.ts";
import { type Db, ledgerOf, openPool } from "./ledger/db.ts";
import { type LedgerUrls, openEmbeddedLedger } from "./ledger/embedded/open.ts";
import { LedgerError, ledgerErrorOf } from "./ledger/errors.ts";
import { auditProtection, type AuditProtection, migrate, ownMigrations, pendingMigrations } from "./ledger/migrate.ts";

export interface OpenOptions {
  /** One line for a person: what was started, joined or migrated. */
  readonly log: (line: string) => void;
  /** Connections at most. Default: enough for `config.concurrency`. */
  readonly connections?: number;
  /**
   * `migrate` (default): bring it forward first. `require`: only look, and throw `LedgerNotMigrated` where something is missing; for
   * commands that read. The embedded ledger is always brought forward.
   */
  readonly schema?: "migrate" | "require";
}

export interface OpenLedger {
  readonly db: Db;
  /** Behind `db`. */
  readonly pool: Pool;
  readonly appUrl: Secret;
  /** Of the ledger's owner. */
  readonly migrationUrl: Secret;
  /** For the independent audit verifier: may only read. */
  readonly verifierUrl: Secret;
  readonly embedded: boolean;
  readonly migrated: readonly string[];
  readonly auditProtection: AuditProtection;
  /** Closes the pool; the last Velvet to leave an embedded server stops it. */
  stop(): Promise<void>;
}

/** Throws `LedgerError` or `EmbeddedError`; both say what to do. */
export async function openLedger(config: Config, options: OpenOptions): Promise<OpenLedger> {
  const { urls, stop } = await ledgerUrls(config, options.log);
  try {
    const schema = await prepare(urls, stop === undefined ? (options.schema ?? "migrate") : "migrate");
    for (const name of schema.applied) options.log(`ledger migrated: ${name}`);
    const pool = openPool(
      {
        connectionString: urls.appUrl.reveal(),
        max: options.connections ?? Math.min(config.concurrency + 8, 64),
        applicationName: "velvet",
      },
      (error) => options.log(`a connection to the ledger was lost: ${error.message}`),
    );
    return {
      db: ledgerOf(pool),
      pool,
      appUrl: urls.appUrl,
      migrationUrl: urls.migrationUrl,
      verifierUrl: urls.verifierUrl,
      embedded: stop !== undefined,
      migrated: schema.applied,
      auditProtection: schema.auditProtection,
      stop: async () => {
        await pool.end();
        await stop?.();
      },
    };
  } catch (error) {
    await stop?.();
    throw error;
  }
}

/** The URLs as configured; `stop` where there is an embedded server. */
export async function ledgerUrls(
  config: Config,
  log: (line: string) => void,
): Promise<{ urls: LedgerUrls; stop?: () => Promise<void> }> {
  const given = config.databaseUrl;
  if (given !== undefined) {
    const urls = {
      appUrl: given,
      migrationUrl: config.migrationDatabaseUrl ?? given,
      verifierUrl: config.auditDatabaseUrl ?? given,
    };
    return { urls };
  }
  const { dataDir, cacheDir } = config;
  const ledger = await openEmbeddedLedger({ dataDir, cacheDir, durable: true, log });
  return { urls: ledger, stop: async () => ledger.stop() };
}

interface Prepared {
  readonly applied: readonly string[];
  readonly auditProtection: AuditProtection;
}

async function prepare(urls: LedgerUrls, schema: "migrate" | "require"): Promise<Prepared> {
  const appRole = await roleOf(urls.appUrl);
  if (schema === "require") return requireMigrated(urls.appUrl, appRole);
  const auditorRole = urls.verifierUrl.equals(urls.appUrl) ? undefined : await roleOf(urls.verifierUrl);
  return migrate({
    migrationUrl: urls.migrationUrl.reveal(),
    appRole,
    auditorRoles: auditorRole === undefined || auditorRole === appRole ? [] : [auditorRole],
  });
}

async function requireMigrated(appUrl: Secret, appRole: string): Promise<Prepared> {
  return withClient(appUrl, async (client) => {
    const pending = await pendingMigrations(client, ownMigrations());
    if (pending.length === 0) return { applied: [], auditProtection: await auditProtection(client, appRole) };
    throw new LedgerError(
      "LedgerNotMigrated",
      `the ledger lacks ${pending.map(({ name }) => name).join(", ")}`,
      "Start the controller, or run velvet migrate.",
    );
  });
}

/** `current_user` of a URL: a URL's own user part may be absent, or a pooler's. */
async function roleOf(url: Secret): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ role: string }>("select current_user as role");
    return rows[0]?.role ?? "";
  });
}

/** One connection for one piece of work. Throws `LedgerError` where the driver's error tells what to do. */
export async function withClient<T>(url: Secret, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url.reveal(),
    application_name: "velvet",
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => undefined); // a lost connection also fails the statement that is under way
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw ledgerErrorOf(error, "read the ledger");
  } finally {
    await client.end().catch(() => undefined);
  }
}
