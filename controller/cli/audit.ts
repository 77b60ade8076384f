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
  if (ok) out.line(`${rows} rows in ${chains} chains: all whole.`);
  for (const { chain, seq, kind, message } of faults) {
    const place = chain === "checkpoint" ? `checkpoint ${seq}` : `${chain} row ${seq}`;
    out.line(out.colours.red(printable(`${place}: ${kind}. ${message}`)));
  }
  if (ok || checkpoints.last !== undefined) out.line(printable(checkpointLine(checkpoints)));
}

function checkpointLine({ count, key, last, published }: AuditReport["checkpoints"]): string {
  if (last === undefined || key === undefined) return "There is no checkpoint to hold them against yet.";
  const made = `${count} ${count === 1 ? "checkpoint" : "checkpoints"}, the last of ${last.at}, signed with ${key}`;
  const said = {
    yes: "the ledger has what was published",
    no: "the ledger lacks what was published",
    "given up": `it lacks what was published at ${published?.at}, which a person has accepted`,
    none: "no published one was looked at, and without it a ledger that was put back as a whole does not show",
  } as const;
  return `${made}; ${said[published?.found ?? "none"]}.`;
}
