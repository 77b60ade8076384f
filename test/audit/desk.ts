/** The commands of `velvet audit` on a ledger of a test, and a hand that may do anything to it but sign. */
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { auditVerifyCommand } from "../../controller/cli/audit.ts";
import type { CommandContext, ExitCode } from "../../controller/cli/command.ts";
import { failureText } from "../../controller/cli/failure.ts";
import { tapes } from "../../controller/cli/tape.fixture.ts";
import type { FreshLedger } from "../support/postgres.ts";

export const KEK = Buffer.alloc(32, 7).toString("base64");

export interface Answer {
  readonly code: ExitCode | undefined;
  readonly out: string;
  readonly err: string;
}

export async function run(
  ledger: FreshLedger | undefined,
  work: (context: CommandContext) => Promise<ExitCode>,
  env: CommandContext["env"] = {},
): Promise<Answer> {
  const urls = ledger && {
    DATABASE_URL: ledger.appUrl,
    VELVET_MIGRATION_DATABASE_URL: ledger.ownerUrl,
    VELVET_AUDIT_DATABASE_URL: ledger.auditorUrl,
    VELVET_KEK: KEK,
    VELVET_DATA_DIR: "/nowhere",
  };
  const { context, out, err } = tapes(undefined, { ...urls, ...env });
  try {
    const code = await work({ ...context, random: randomBytes });
    return { code, out: out(), err: err() };
  } catch (error) {
    const { happened, stillFine = "", next } = failureText(error);
    const code = error instanceof Error && "exitCode" in error ? (error.exitCode as ExitCode) : 1;
    return { code, out: out(), err: [err(), happened, stillFine, next].join("\n") };
  }
}

export async function verified(ledger: FreshLedger, more: object = {}): Promise<Answer> {
  return run(ledger, async (context) => auditVerifyCommand(context, more));
}

/** As superuser, with every trigger switched off: only the chains themselves tell. */
export async function tamper(ledger: FreshLedger, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const superuser = new Client({ connectionString: ledger.url });
  await superuser.connect();
  try {
    await superuser.query("set session_replication_role = replica");
    return (await superuser.query(sql, values)).rows;
  } finally {
    await superuser.end();
  }
}
