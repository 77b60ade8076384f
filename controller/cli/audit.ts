import { existsSync } from "node:fs";
import { join } from "node:path";
import { verifyAudit } from "../audit/verify.ts";
import { readConfig } from "../config.ts";
import { ledgerUrls } from "../open.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { noLedger } from "./ledger.ts";
import { printable } from "./output.ts";

export interface AuditVerifyOptions {
  readonly output?: "json";
}

/** `velvet audit verify`: 0 where every chain is whole, else 1, naming the first bad row of each broken chain. */
export async function auditVerifyCommand(
  { env, machine, out }: CommandContext,
  options: AuditVerifyOptions,
): Promise<ExitCode> {
  const config = readConfig(env, machine);
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, "embedded"))) throw noLedger(config.dataDir);
  const { urls, stop } = await ledgerUrls(config, () => undefined);
  try {
    const report = await verifyAudit(urls.verifierUrl.reveal());
    if (options.output === "json") out.json(report);
    else if (report.ok) out.line(`${report.rows} rows in ${report.chains} chains: all whole.`);
    for (const { chain, seq, kind, message } of options.output === "json" ? [] : report.faults) {
      out.line(out.colours.red(printable(`${chain} row ${seq}: ${kind}. ${message}`)));
    }
    return report.ok ? 0 : 1;
  } finally {
    await stop?.();
  }
}
