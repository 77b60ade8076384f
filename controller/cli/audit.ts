import { readFile } from "node:fs/promises";
import { UnreadableExport } from "../audit/export-lines.ts";
import { type AuditReport, verifyAudit } from "../audit/verify.ts";
import type { Trusted } from "../audit/verify-checkpoints.ts";
import { type FileReport, verifyFile } from "../audit/verify-file.ts";
import { readConfig } from "../config.ts";
import { asAuditor } from "./audit-ledger.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { type Output, printable } from "./output.ts";
import { present } from "./present.ts";

export interface AuditVerifyOptions {
  readonly output?: "json";
  /** An exported record instead of the ledger. */
  readonly from?: string;
  /** A published checkpoint; default: the one of this configuration, where it is there, and none with `from`. */
  readonly checkpoint?: string;
  /** The first key of the checkpoints, from elsewhere. */
  readonly publicKey?: string;
}

/** `velvet audit verify`: 0 where every chain and checkpoint is whole, else 1, naming the first bad row of each. */
export async function auditVerifyCommand(context: CommandContext, options: AuditVerifyOptions): Promise<ExitCode> {
  refuseKey(options.publicKey);
  const report = options.from === undefined ? await ofLedger(context, options) : await ofFile(options.from, options);
  if (options.output === "json") context.out.json(report);
  else say(context.out, report);
  return report.ok ? 0 : 1;
}

function refuseKey(key: string | undefined): void {
  if (key === undefined || Buffer.from(key.slice(key.indexOf(":") + 1), "base64").length === 32) return;
  throw misuse(
    "--public-key is no public key.",
    "It is <name>:<32 bytes in base64>, as `velvet audit verify` shows it.",
  );
}

async function ofLedger(context: CommandContext, options: AuditVerifyOptions): Promise<AuditReport> {
  const { checkpointFile } = readConfig(context.env, context.machine);
  const published = await publishedText(checkpointFile, options.checkpoint);
  return asAuditor(context, async (url) => verifyAudit(url, trustedOf(options, published)));
}

/** Needs neither a ledger nor its configuration. */
async function ofFile(path: string, options: AuditVerifyOptions): Promise<FileReport> {
  const { checkpoint } = options;
  const published = checkpoint === undefined ? undefined : await publishedText(checkpoint, checkpoint);
  try {
    return await verifyFile(path, trustedOf(options, published));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!(error instanceof UnreadableExport) && code === undefined) throw error;
    throw new CommandFailure({
      happened: `${printable(path)} cannot be verified: ${error instanceof UnreadableExport ? error.message : code}.`,
      stillFine: "Nothing was changed.",
      next: "Export it anew: velvet audit export --to <file>",
    });
  }
}

function trustedOf({ publicKey }: AuditVerifyOptions, published: string | undefined): Trusted {
  return present({ publicKey, published });
}

async function publishedText(own: string, given: string | undefined): Promise<string | undefined> {
  const path = given ?? own;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (given === undefined && code === "ENOENT") return undefined;
    throw misuse(`The published checkpoint ${printable(path)} cannot be read (${code}).`, "Name another file.");
  }
}

function say(out: Output, report: AuditReport | FileReport): void {
  const { ok, rows, chains, faults, checkpoints } = report;
  if ("export" in report) out.line(printable(exportLine(report.export)));
  if (ok) out.line(`${rows} rows in ${chains} chains: all whole.`);
  for (const { chain, seq, kind, message } of faults) {
    const place = chain === "checkpoint" ? `checkpoint ${seq}` : `${chain} row ${seq}`;
    out.line(out.colours.red(printable(`${place}: ${kind}. ${message}`)));
  }
  if (ok || checkpoints.last !== undefined) out.line(printable(checkpointLine(checkpoints)));
}

function exportLine({ install, at, since, until }: FileReport["export"]): string {
  const period = [since && ` from ${since}`, until && ` until ${until}`].filter((each) => each !== undefined).join("");
  return `The record of ${install}${period}, written at ${at}.`;
}

function checkpointLine({ count, key, keyNow, last, published }: AuditReport["checkpoints"]): string {
  if (last === undefined || key === undefined) return "There is no checkpoint to hold them against yet.";
  const signed = keyNow === undefined ? key : `${key}, which ${keyNow} follows`;
  const made = `${count} ${count === 1 ? "checkpoint" : "checkpoints"}, the last of ${last.at}, signed with ${signed}`;
  const said = {
    yes: "the ledger has what was published",
    no: "the ledger lacks what was published",
    "given up": `it lacks what was published at ${published?.at}, which a person has accepted`,
    none: "no published one was looked at, and without it a ledger that was put back as a whole does not show",
  } as const;
  return `${made}; ${said[published?.found ?? "none"]}.`;
}
