/** What one check found. */
export interface Finding {
  /** What was looked at: `node`, `ledger`, `git`. */
  readonly check: string;
  /** `missing` keeps Velvet from running; `warn` does not. */
  readonly result: "ok" | "warn" | "missing";
  /** One sentence for a person. */
  readonly message: string;
  /** What to do next, where there is something to do. */
  readonly remedy?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, result: "ok", message };
}

export function warn(check: string, message: string, remedy: string): Finding {
  return { check, result: "warn", message, remedy };
}

export function missing(check: string, message: string, remedy: string): Finding {
  return { check, result: "missing", message, remedy };
}

/** An error as a finding: its own remedy where it has one, and never more of it than its message. */
export function missingBy(check: string, error: unknown, remedy: string): Finding {
  const own: unknown = error instanceof Error && "remedy" in error ? error.remedy : undefined;
  const message = error instanceof Error && error.message !== "" ? error.message : "it failed without a word";
  return missing(check, message, typeof own === "string" ? own : remedy);
}
