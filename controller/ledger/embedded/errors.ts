/** Why the embedded Postgres cannot run here. Its own reasons, because each has another remedy. */
export type EmbeddedReason =
  | "EmbeddedMissing" // no binaries for this system are installed
  | "EmbeddedUnreachable" // the unprivileged account cannot be used, or cannot reach the files
  | "EmbeddedVersionMismatch" // the folder was made by another major version
  | "EmbeddedPasswordsLost" // the folder is there, its passwords are not
  | "EmbeddedStartFailed"; // Postgres said no; the message has its own last lines

export class EmbeddedError extends Error {
  override readonly name = "EmbeddedError";
  readonly reason: EmbeddedReason;
  readonly remedy: string;

  constructor(reason: EmbeddedReason, message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}
