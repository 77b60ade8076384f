/**
 * Errors named by what the caller does next, not by what went wrong. Each carries a CamelCase `reason` that becomes a condition's
 * reason, and a `remedy`: the next step for a person.
 *
 * Only the fields of `ErrorFacts` ever leave an adapter. A client's own error is never rethrown and never kept as `cause`: it may
 * carry a body, a header or a query string.
 */
export interface ErrorFacts {
  /** The adapter's name. */
  readonly vendor: string;
  /** What was being done, in the vendor's words: `ALTER ROLE`, `PATCH /apps/{app}/config-vars`. No values. */
  readonly operation: string;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** The vendor's own short error code: `28P01`, `ENOSPC`, `10215`. At most 64 characters of `[A-Za-z0-9_.:-]`. */
  readonly code?: string;
  /** The vendor's request id, to quote in a support ticket. */
  readonly requestId?: string;
}

export interface ErrorText {
  /** CamelCase, from the catalogue of reasons. */
  readonly reason: string;
  /** One sentence for a person: what happened. Never a vendor's body, never a value. */
  readonly message: string;
  /** One sentence for a person: what to do next. */
  readonly remedy?: string;
}

abstract class AdapterError extends Error {
  readonly reason: string;
  readonly remedy: string | undefined;
  readonly facts: ErrorFacts;

  constructor(text: ErrorText, facts: ErrorFacts) {
    super(text.message);
    this.reason = text.reason;
    this.remedy = text.remedy;
    this.facts = allowed(facts);
  }

  toJSON(): object {
    return { name: this.name, reason: this.reason, message: this.message, remedy: this.remedy, facts: this.facts };
  }
}

/** It may work later: try again after `retryAfterMs`, or after the usual backoff. Definitely without effect when thrown by a mint. */
export class Transient extends AdapterError {
  override readonly name = "Transient";
  readonly retryAfterMs: number | undefined;

  constructor(text: ErrorText, facts: ErrorFacts, retryAfterMs?: number) {
    super(text, facts);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Trying again changes nothing until a person acts. Definitely without effect when thrown by a mint. */
export class Terminal extends AdapterError {
  override readonly name = "Terminal";
}

/** The effect may or may not have happened, or may still happen: observe before anything else. */
export class OutcomeUnknown extends AdapterError {
  override readonly name = "OutcomeUnknown";
}

export type { AdapterError };

export function isAdapterError(error: unknown): error is AdapterError {
  return error instanceof AdapterError;
}

const SHORT_CODE = /^[A-Za-z0-9_.:-]{1,64}$/;

function allowed(facts: ErrorFacts): ErrorFacts {
  return {
    vendor: facts.vendor,
    operation: facts.operation,
    ...(facts.status === undefined ? {} : { status: facts.status }),
    ...(facts.code !== undefined && SHORT_CODE.test(facts.code) ? { code: facts.code } : {}),
    ...(facts.requestId !== undefined && SHORT_CODE.test(facts.requestId) ? { requestId: facts.requestId } : {}),
  };
}
