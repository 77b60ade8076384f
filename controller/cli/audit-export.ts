/** `velvet audit export`: the record as a file that can be verified alone. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { exportAudit, type Exported, type Period } from "../audit/export.ts";
import { asAuditor } from "./audit-ledger.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { printable } from "./output.ts";

export interface AuditExportOptions {
  readonly since?: string;
  readonly until?: string;
  readonly to?: string;
}

export async function auditExportCommand(context: CommandContext, options: AuditExportOptions): Promise<ExitCode> {
  const period = periodOf(options);
  const done = await asAuditor(context, async (url) =>
    options.to === undefined ? toStdout(context, url, period) : toFile(url, period, options.to),
  );
  const { rows, chains, checkpoints } = done;
  const place = options.to === undefined ? "" : ` to ${printable(options.to)}`;
  context.out.note(`${rows} rows of ${chains} chains and ${checkpoints} checkpoints were written${place}.`);
  return 0;
}

function periodOf({ since, until }: AuditExportOptions): Period {
  const from = since === undefined ? {} : { since: instantOf("--since", since) };
  const to = until === undefined ? {} : { until: instantOf("--until", until) };
  if (from.since !== undefined && to.until !== undefined && from.since >= to.until)
    throw misuse("--since is not before --until.", "Give a period that has a length.");
  return { ...from, ...to };
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function instantOf(option: string, text: string): string {
  const at = TIME.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  throw misuse(`${option} ${printable(text)} is no time.`, "Give a day, 2026-01-01, or a time, 2026-01-01T12:00:00Z.");
}

async function toStdout({ out, stop }: CommandContext, url: string, period: Period): Promise<Exported> {
  return exportAudit(url, period, async (text) => {
    stop.throwIfAborted();
    out.raw(text);
  });
}

/** Never over something that is there: it may be the only record of a quarter. */
async function toFile(url: string, period: Period, path: string): Promise<Exported> {
  const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
  try {
    await once(file, "open");
  } catch (error) {
    throw cannotWrite(path, error);
  }
  try {
    const done = await exportAudit(url, period, async (text) => {
      if (!file.write(text)) await once(file, "drain");
    });
    file.end();
    await once(file, "close");
    return done;
  } catch (error) {
    file.destroy();
    await rm(path, { force: true });
    throw error;
  }
}

function cannotWrite(path: string, error: unknown): CommandFailure {
  const { code } = error as NodeJS.ErrnoException;
  return new CommandFailure({
    happened: `${printable(path)} cannot be written (${code}).`,
    stillFine: "Nothing was written or changed.",
    next: code === "EEXIST" ? "Name a file that does not exist yet." : "Name another file.",
  });
}
