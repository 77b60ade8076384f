/** The embedded server as a ledger: its roles and its database. */
import { readFileSync } from "node:fs";
import type { Client } from "pg";
import { Secret } from "../../../adapters/secret.ts";
import { ROLES } from "./cluster.ts";
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from "./embedded.ts";

const DATABASE = "velvet";
const SETUP = readFileSync(new URL("../queries/embedded_setup.sql", import.meta.url), "utf8");

/** One URL for each who: they differ in rights, so each part gets the least that it needs. */
export interface LedgerUrls {
  /** The controller: works, but never changes an audit row. */
  readonly appUrl: Secret;
  /** Owns the ledger, runs migrations. */
  readonly migrationUrl: Secret;
  /** Reads the audit chains, and nothing that is sealed. */
  readonly verifierUrl: Secret;
}

export interface EmbeddedLedger extends LedgerUrls {
  readonly server: EmbeddedPostgres;
  stop(): Promise<void>;
}

/** Starts or joins the server of `dataDir` and sees that the ledger's roles and database are there. Not migrated yet. */
export async function openEmbeddedLedger(options: EmbeddedOptions): Promise<EmbeddedLedger> {
  const server = await startEmbedded(options);
  try {
    await server.alone(async (session) => setUp(session, server));
  } catch (error) {
    await server.stop();
    throw error;
  }
  const urlFor = (user: (typeof ROLES)[number]): Secret => Secret.from(server.urlFor({ user, database: DATABASE }));
  return {
    appUrl: urlFor("velvet_app"),
    migrationUrl: urlFor("velvet_owner"),
    verifierUrl: urlFor("velvet_auditor"),
    server,
    stop: async () => server.stop(),
  };
}

/** Makes what is missing. Idempotent, so that a kill in the middle of a first start does no harm. */
export async function setUp(session: Client, server: EmbeddedPostgres): Promise<void> {
  const passwords = Object.fromEntries(ROLES.map((role) => [role, server.passwordOf(role)]));
  const { rows } = await session.query<{ statement: string }>(SETUP, [JSON.stringify(passwords), DATABASE, ROLES[0]]);
  for (const row of rows) await session.query(row.statement);
}
