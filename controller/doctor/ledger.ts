import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import type { Secret } from "../../adapters/secret.ts";
import type { Config } from "../config.ts";
import { assertKey } from "../custody/key.ts";
import { findKeys } from "../kek.ts";
import type { LedgerUrls } from "../ledger/embedded/open.ts";
import { auditProtection, ownMigrations, pendingMigrations } from "../ledger/migrate.ts";
import { ledgerUrls, withClient } from "../open.ts";
import { checkCheckpoint } from "./checkpoint.ts";
import { type Finding, missing, missingBy, ok, warn } from "./finding.ts";

const DOCTOR = readFileSync(new URL("../ledger/queries/doctor.sql", import.meta.url), "utf8");
const INSTALL = readFileSync(new URL("../ledger/queries/install_key_check.sql", import.meta.url), "utf8");

/** The ledger as configured. An embedded one that has never been started is left so. */
export async function checkLedger(config: Config): Promise<Finding[]> {
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, "embedded"))) {
    return [ok("ledger", "the embedded ledger will be made at the first start")];
  }
  try {
    const { urls, stop } = await ledgerUrls(config, () => undefined);
    try {
      return await look(urls, config);
    } finally {
      await stop?.();
    }
  } catch (error) {
    return [missingBy("ledger", error, "Check DATABASE_URL.")];
  }
}

async function look(urls: LedgerUrls, config: Config): Promise<Finding[]> {
  return withClient(urls.appUrl, async (client) => {
    const { rows } = await client.query<ServerFacts>(DOCTOR);
    const server = rows[0];
    if (server === undefined) return [missing("ledger", "The server tells nothing of itself.", "Check DATABASE_URL.")];
    const pending = await pendingMigrations(client, ownMigrations());
    const reached = ok("ledger", `Postgres ${server.version} as ${server.role}`);
    const durable = checkDurable(server);
    if (pending.length > 0) return [reached, durable, await checkMigrationRole(urls.migrationUrl, pending.length)];
    const audit = await checkAudit(client, server.role);
    return [reached, durable, audit, ...(await checkKey(client, config)), ...(await checkCheckpoint(client, config))];
  });
}

interface ServerFacts {
  readonly version: string;
  readonly role: string;
  readonly commits_wait: boolean;
}

/** Intents must be on disk before the vendor is called. */
function checkDurable(server: ServerFacts): Finding {
  if (server.commits_wait) return ok("durability", "commits wait for the disk");
  return missing(
    "durability",
    "The server acknowledges commits before they are on disk, so a crash can forget a minted credential.",
    "Set fsync = on and synchronous_commit = on (or stricter) for the ledger's database.",
  );
}

async function checkMigrationRole(url: Secret, pending: number): Promise<Finding> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ may: boolean }>(
      "select has_database_privilege(current_database(), 'create') as may",
    );
    if (rows[0]?.may === true) return ok("migrations", `${pending} will be applied at the first start`);
    return missing(
      "migrations",
      `${pending} migrations are pending, and the role may not create a schema.`,
      "Give VELVET_MIGRATION_DATABASE_URL a role that owns the database.",
    );
  });
}

async function checkAudit(client: Client, role: string): Promise<Finding> {
  if ((await auditProtection(client, role)) === "role")
    return ok("audit", "the controller's role cannot change audit rows");
  return warn(
    "audit",
    `The role ${role} owns the ledger, so only triggers keep it from changing audit rows.`,
    "Give the controller a role of its own, and the owner's URL in VELVET_MIGRATION_DATABASE_URL.",
  );
}

/** Whether the key is the one that this ledger was made with. A key that cannot be read is another check's finding. */
async function checkKey(client: Client, config: Config): Promise<Finding[]> {
  const { rows } = await client.query<{ key_check: Buffer }>(INSTALL);
  const stored = rows[0]?.key_check;
  const keys = await findKeys(config).catch(() => undefined);
  if (stored === undefined || keys === undefined) return [];
  try {
    assertKey(keys, stored);
    return [ok("key", "the key-encryption key is this ledger's")];
  } catch (error) {
    return [missingBy("key", error, "Give the key that belongs to this ledger.")];
  }
}
