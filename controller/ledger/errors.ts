/** Why the ledger cannot be used as it is. Each has a next step for a person. */
export type LedgerReason =
  | "LedgerUnreachable" // nobody answers, or the login is refused
  | "PostgresTooOld" // before 14
  | "LedgerReadOnly" // a standby, or read-only by setting
  | "LedgerForbidden" // the role may not do what migrations need
  | "LedgerNotMigrated" // older than this Velvet, and only looked at
  | "LedgerNewer" // migrated by a newer Velvet
  | "LedgerChanged"; // a migration that was applied is not the one that this Velvet brings

export class LedgerError extends Error {
  override readonly name = "LedgerError";
  readonly reason: LedgerReason;
  readonly remedy: string;
  /** Each migration is one transaction, and nothing else has begun when this is thrown. */
  readonly stillFine = "Nothing was changed.";

  constructor(reason: LedgerReason, message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

const FORBIDDEN = new Set(["42501", "0LP01"]);
const LOGIN = new Set(["28000", "28P01", "3D000"]);

/** Turns a driver's error into a `LedgerError` where its code tells what a person can do; otherwise hands it back as it is. */
export function ledgerErrorOf(error: unknown, doing: string): unknown {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string") return error;
  if (FORBIDDEN.has(code)) return forbidden(doing);
  if (code === "25006") return readOnly();
  if (LOGIN.has(code)) {
    return new LedgerError(
      "LedgerUnreachable",
      `the ledger's server refuses the login (${code})`,
      "Check user, password and database name of the URL.",
    );
  }
  if (/^(E[A-Z]+|08\w{3}|57P0\d)$/.test(code)) {
    return new LedgerError(
      "LedgerUnreachable",
      `the ledger's server cannot be reached (${code})`,
      "Check host and port of the URL, and that Postgres runs.",
    );
  }
  return error;
}

export function forbidden(doing: string): LedgerError {
  return new LedgerError(
    "LedgerForbidden",
    `the role may not ${doing}`,
    "Give VELVET_MIGRATION_DATABASE_URL a role that owns the ledger's database: alter database … owner to ….",
  );
}

export function readOnly(): LedgerError {
  return new LedgerError(
    "LedgerReadOnly",
    "the ledger's server takes no writes",
    "Point DATABASE_URL at the primary, and see that default_transaction_read_only is off.",
  );
}
