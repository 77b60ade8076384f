/** What an HTTP exchange means for whoever asked: pure rulings, from the status or from the way the exchange broke. */
import type { AdapterError, ErrorFacts, ErrorText } from "./errors.ts";
import { OutcomeUnknown, Terminal, Transient } from "./errors.ts";
import { REFUSED_CODE } from "./http-guard.ts";

/**
 * What a request does at the vendor. `none`: reads. `repeatable`: the same request again has the same outcome (PUT, DELETE).
 * `once`: doing it twice does two things (a mint): then only a documented 4xx, or a failure before a byte left, is a no.
 */
export type Effect = "none" | "repeatable" | "once";

/** How an exchange ended without an answer. */
export type Breakage =
  | { readonly kind: "aborted" }
  | { readonly kind: "deadline" }
  | { readonly kind: "oversized" }
  | { readonly kind: "failed"; readonly code: string | undefined };

/** The error for an answer that is no success. `facts.status` is its status. */
export function ofStatus(status: number, effect: Effect, facts: ErrorFacts, retryAfterMs?: number): AdapterError {
  const text = textOf(status);
  if (status === 429 || status === 409 || status === 425) {
    return effect === "once" ? new OutcomeUnknown(text, facts) : new Transient(text, facts, retryAfterMs);
  }
  if (status === 408 || status >= 500) {
    return effect === "none" ? new Transient(text, facts, retryAfterMs) : new OutcomeUnknown(text, facts);
  }
  if (status >= 400) return new Terminal(text, facts);
  return effect === "none" ? new Terminal(text, facts) : new OutcomeUnknown(text, facts);
}

const TEXTS: Readonly<Record<number, ErrorText>> = {
  401: {
    reason: "AccountUnauthorized",
    message: "The vendor refused the account's credential.",
    remedy: "Renew the VendorAccount's own credential.",
  },
  403: {
    reason: "AccountForbidden",
    message: "The vendor accepted the account's credential but not this operation.",
    remedy: "Give the VendorAccount's credential the permission that the adapter's readme names.",
  },
  404: {
    reason: "TargetGone",
    message: "The vendor knows no such object, or does not show it to this account.",
    remedy: "Correct the name in the manifest, or remove it there.",
  },
  408: { reason: "VendorTimeout", message: "The vendor gave up waiting for the request." },
  409: { reason: "VendorConflict", message: "The vendor reports a conflict with another change." },
  410: {
    reason: "TargetGone",
    message: "The vendor says that the object is gone for good.",
    remedy: "Correct the name in the manifest, or remove it there.",
  },
  425: { reason: "VendorNotReady", message: "The vendor asked to send the request later." },
  429: { reason: "RateLimited", message: "The vendor's rate limit is reached." },
};

function textOf(status: number): ErrorText {
  const known = TEXTS[status];
  if (known !== undefined) return known;
  if (status >= 500) return { reason: "VendorUnavailable", message: `The vendor answered ${status}.` };
  if (status >= 400) {
    return {
      reason: "RequestRefused",
      message: `The vendor refused the request with ${status}.`,
      remedy: "Compare the manifest with the adapter's readme; quote the request id to the vendor.",
    };
  }
  return {
    reason: "UnexpectedRedirect",
    message: `The vendor answered ${status}; redirects are never followed.`,
    remedy: "Correct the VendorAccount's endpoint; a login wall before the API needs headers in the account.",
  };
}

/**
 * The error for an exchange without an answer. `sent`: at least one byte of the request may have left us. Not sent is definitely
 * without effect; sent and unanswered is not known, unless the request only reads.
 */
export function ofBreakage(breakage: Breakage, sent: boolean, effect: Effect, facts: ErrorFacts): AdapterError {
  const coded = breakage.kind === "failed" && breakage.code !== undefined ? { ...facts, code: breakage.code } : facts;
  if (breakage.kind === "failed" && breakage.code === REFUSED_CODE) return new Terminal(ADDRESS_REFUSED, coded);
  const text = breakageText(breakage, sent);
  if (sent && effect !== "none") return new OutcomeUnknown(text, coded);
  return breakage.kind === "oversized" ? new Terminal(text, coded) : new Transient(text, coded);
}

const ADDRESS_REFUSED: ErrorText = {
  reason: "AddressRefused",
  message: "The host's address is one that this account may not connect to.",
  remedy:
    "Use a public address, or let the platform team allow private addresses; metadata addresses are never allowed.",
};

function breakageText(breakage: Breakage, sent: boolean): ErrorText {
  if (breakage.kind === "aborted") {
    return { reason: "Aborted", message: `Velvet stopped the request ${sent ? "after" : "before"} it was sent.` };
  }
  if (breakage.kind === "oversized") {
    return { reason: "AnswerTooLarge", message: "The answer is larger than this adapter reads." };
  }
  if (breakage.kind === "failed") return sent ? LOST : unreachable(breakage.code ?? "");
  return sent ? { reason: "AnswerTimeout", message: "No answer came in time." } : NOT_REACHED;
}

const NOT_REACHED: ErrorText = { reason: "ConnectTimeout", message: "The host could not be reached in time." };

const LOST: ErrorText = {
  reason: "ConnectionLost",
  message: "The connection broke before the answer was complete.",
};

function unreachable(code: string): ErrorText {
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) {
    return { reason: "NameNotResolved", message: "The host name could not be resolved." };
  }
  if (code === "UND_ERR_CONNECT_TIMEOUT") return NOT_REACHED;
  if (/SSL|TLS|CERT|SIGNATURE|ISSUER|EPROTO/.test(code)) {
    return { reason: "TlsFailed", message: "No trusted TLS connection could be made." };
  }
  return { reason: "ConnectFailed", message: "No connection could be made." };
}

/**
 * `Retry-After` in milliseconds, as seconds or as an HTTP date, at most `capMs`; undefined where absent or not understood. A date is
 * measured against the answer's own `Date`, where there is one, so that a clock that differs from the vendor's does no harm.
 */
export function retryAfterMs(
  headers: { readonly retryAfter?: string | undefined; readonly date?: string | undefined },
  now: Date,
  capMs: number,
): number | undefined {
  const text = headers.retryAfter?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, capMs);
  const until = httpDate(text);
  if (until === undefined) return undefined;
  const from = httpDate(headers.date?.trim() ?? "") ?? now.getTime();
  return Math.min(Math.max(until - from, 0), capMs);
}

const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

function httpDate(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
