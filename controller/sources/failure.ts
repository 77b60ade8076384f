/**
 * A look at a source that could not be taken. Nothing in the ledger's objects changes; the source's row says so.
 * `reason` is CamelCase and becomes the condition's reason; the message holds no credential and is stable while the cause is the same,
 * so that the row tells since when.
 */
export class SourceFailure extends Error {
  override readonly name = "SourceFailure";
  readonly reason: string;
  /** One sentence for a person: what to do next. */
  readonly remedy: string;

  constructor(reason: string, message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}
