/** The ledger as an auditor reaches it: with the role that may only read. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Config, readConfig } from "../config.ts";
import { ledgerUrls } from "../open.ts";
import type { CommandContext } from "./command.ts";
import { noLedger } from "./ledger.ts";

export async function asAuditor<T>(
  { env, machine }: Pick<CommandContext, "env" | "machine">,
  work: (url: string, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig(env, machine);
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, "embedded"))) throw noLedger(config.dataDir);
  const { urls, stop } = await ledgerUrls(config, () => undefined);
  try {
    return await work(urls.verifierUrl.reveal(), config);
  } finally {
    await stop?.();
  }
}
