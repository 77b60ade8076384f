/** What a person is told when a command cannot do its work: what happened, what is still fine, what to do next. */
export interface FailureText {
  readonly happened: string;
  /** Left out where nothing was at stake. */
  readonly stillFine?: string;
  readonly next: string;
}

/** 1: it was tried and failed. 2: it was asked in a way that cannot work, and nothing was tried. */
export type FailureCode = 1 | 2;

/** The only error that a command throws on purpose. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly text: FailureText;
  readonly exitCode: FailureCode;

  constructor(text: FailureText, exitCode: FailureCode = 1) {
    super(text.happened);
    this.text = text;
    this.exitCode = exitCode;
  }
}

/** Asked in a way that cannot work. */
export function misuse(happened: string, next: string): CommandFailure {
  return new CommandFailure({ happened, next }, 2);
}

/** Any error as text for a person. Never a stack, never a cause: a driver's error may quote what it was given. */
export function failureText(error: unknown): FailureText {
  if (error instanceof CommandFailure) return error.text;
  const remedy: unknown = error instanceof Error && "remedy" in error ? error.remedy : undefined;
  return {
    happened: messageOf(error),
    next: typeof remedy === "string" ? remedy : "Run it again with VELVET_DEBUG=1 to see where it happened.",
  };
}

/** Connection errors come as an AggregateError without a message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    const parts = error.errors.map((each) => messageOf(each));
    return [...new Set(parts)].join("; ");
  }
  return error instanceof Error && error.message !== "" ? error.message : "An unknown error.";
}
