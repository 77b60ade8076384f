/** What the reasons of the catalogue share. */

/**
 * Where people meet a reason: a stage or failure of a rotation is `rotation`, a refused start of Velvet is `start`, what keeps all
 * rotations from starting is `ledger`.
 */
export type Place =
  | "request"
  | "decision"
  | "rotation"
  | "consumer"
  | "source"
  | "manifest"
  | "start"
  | "account"
  | "credential"
  | "ledger";

export interface Reason {
  /** What happened: one sentence. */
  readonly meaning: string;
  /** What is still fine. */
  readonly fine: string;
  /** What to do next. The message beside the reason may say it more exactly. */
  readonly remedy: string;
  /** With placeholders in angle brackets. */
  readonly commands?: readonly string[];
  readonly where: readonly Place[];
}

export const NORMAL = "Everything: this is how it goes.";
export const UNTOUCHED = "Nothing was changed, at the vendor or at a consumer.";
export const NOT_BEGUN = "Nothing was begun; the credential in use stays as it is.";
export const IN_USE = "Nothing is taken away: Velvet revokes nothing that a consumer uses.";
export const BOTH = "The old credential still works as before: it was not revoked.";
export const NEW = "Every consumer that was not skipped works with the new credential.";
export const KEEPS = "The rotation goes on as it was; this decision changed nothing.";
export const READ = "What was read from this path before stays in force, and so do all other documents.";
export const KNOWN = "What Velvet already knows stays in force, and rotations that began go on.";
export const STOPPED = "Nothing was changed; the ledger is as it was.";

export const NOTHING = "Nothing.";
export const RETRIES = "Wait; Velvet tries again by itself.";
