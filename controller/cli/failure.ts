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
  const stillFine = textIn(error, "stillFine");
  return {
    happened: sentence(messageOf(error)),
    ...(stillFine === undefined ? {} : { stillFine }),
    next: textIn(error, "remedy") ?? "Run it again with VELVET_DEBUG=1 to see where it happened.",
  };
}

/** Errors of the layers below carry them beside their message. */
function textIn(error: unknown, field: "remedy" | "stillFine"): string | undefined {
  const text: unknown =
    error instanceof Error ? Object.entries(error).find(([name]) => name === field)?.[1] : undefined;
  return typeof text === "string" ? text : undefined;
}

/** A message that goes on in somebody else's sentence, as one of its own. What begins with a path or a quote stays. */
function sentence(text: string): string {
  const begun = /^[a-z]+(?:'s)? /.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
  return /[\w)]$/.test(begun) && !begun.includes("\n") ? `${begun}.` : begun;
}

/** Connection errors come as an AggregateError without a message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    const parts = error.errors.map((each) => messageOf(each));
    return [...new Set(parts)].join("; ");
  }
  return error instanceof Error && error.message !== "" ? error.message : "An unknown error.";
}
