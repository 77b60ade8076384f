import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../config.ts";
import type { Db } from "../ledger/db.ts";
import { openLedger, type OpenLedger } from "../open.ts";
import type { CommandContext } from "./command.ts";
import { CommandFailure } from "./failure.ts";

/**
 * Opens the configured ledger for a command that reads, and closes it afterwards. Never makes one: a ledger that is not there is a
 * mistake in the environment, and an empty new one would only hide it.
 */
export async function withLedger<T>(
  { env, machine }: CommandContext,
  work: (db: Db, ledger: OpenLedger) => Promise<T>,
): Promise<T> {
  const config = readConfig(env, machine);
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, "embedded"))) throw noLedger(config.dataDir);
  const ledger = await openLedger(config, { log: () => undefined, connections: 2, schema: "require" });
  try {
    return await work(ledger.db, ledger);
  } finally {
    await ledger.stop();
  }
}

/** No ledger is configured here, so that nothing can be looked up; what needs none goes on. */
export class NoLedger extends CommandFailure {}

export function noLedger(folder: string): NoLedger {
  return new NoLedger({
    happened: `There is no ledger in ${folder}, and DATABASE_URL is not set.`,
    stillFine: "Nothing was made or changed.",
    next: "Set DATABASE_URL or VELVET_DATA_DIR to those of the controller, or start one with `velvet controller`.",
  });
}
