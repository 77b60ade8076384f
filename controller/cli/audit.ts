import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AuditReport, verifyAudit } from "../audit/verify.ts";
import { type Config, readConfig } from "../config.ts";
import { ledgerUrls } from "../open.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { misuse } from "./failure.ts";
import { noLedger } from "./ledger.ts";
import { type Output, printable } from "./output.ts";

export interface AuditVerifyOptions {
  readonly output?: "json";
  /** A published checkpoint; default: the one of this configuration, where it is there. */
  readonly checkpoint?: string;
}

/** `velvet audit verify`: 0 where every chain and checkpoint is whole, else 1, naming the first bad row of each. */
export async function auditVerifyCommand(
  { env, machine, out }: CommandContext,
  options: AuditVerifyOptions,
): Promise<ExitCode> {
  const config = readConfig(env, machine);
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, "embedded"))) throw noLedger(config.dataDir);
  const published = await publishedText(config, options.checkpoint);
  const { urls, stop } = await ledgerUrls(config, () => undefined);
  try {
    const report = await verifyAudit(urls.verifierUrl.reveal(), published === undefined ? {} : { published });
    if (options.output === "json") out.json(report);
    else say(out, report);
    return report.ok ? 0 : 1;
  } finally {
    await stop?.();
  }
}

async function publishedText(config: Config, given: string | undefined): Promise<string | undefined> {
  const path = given ?? config.checkpointFile;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (given === undefined && code === "ENOENT") return undefined;
    throw misuse(`The published checkpoint ${printable(path)} cannot be read (${code}).`, "Name another file.");
  }
}

function say(out: Output, { ok, rows, chains, faults, checkpoints }: AuditReport): void {
  const { count, key, last, published } = checkpoints;
  if (ok) {
    const of = last === undefined ? "" : `, the last of ${last.at}`;
    out.line(`${rows} rows in ${chains} chains, and ${count} checkpoints${of}: all whole.`);
  }
  for (const { chain, seq, kind, message } of faults) {
    const place = chain === "checkpoint" ? `checkpoint ${seq}` : `${chain} row ${seq}`;
    out.line(out.colours.red(printable(`${place}: ${kind}. ${message}`)));
  }
  if (published?.found === "given up")
    out.line(
      printable(`The published checkpoint of ${published.at} is not in this ledger; a person has accepted that.`),
    );
  if (key !== undefined) out.line(`Checkpoints are signed with ${printable(key)}.`);
  if (published === undefined && faults.length === 0)
    out.note("No published checkpoint was looked at: a ledger that was put back as a whole does not show by itself.");
}
