/** How a real adapter would map what this vendor answers. Texts hold no values. */
import type { AdapterError } from "../../../adapters/errors.ts";
import { OutcomeUnknown, Terminal, Transient } from "../../../adapters/errors.ts";

const VENDOR = "fake";

/** `none`: reads. `repeatable`: the same call again has the same outcome. `once`: doing it twice does two things. */
export type Effect = "none" | "repeatable" | "once";

const EFFECTS: Readonly<Record<string, Effect>> = {
  "issuer.mint": "once",
  "issuer.revoke": "repeatable",
  "issuer.destroy": "repeatable",
  "issuer.restore": "repeatable",
  "issuer.moveGrace": "repeatable",
  "sink.write": "repeatable",
};

export function effectOf(label: string): Effect {
  return EFFECTS[label] ?? "none";
}

/** Certainly without effect, and trying again changes nothing. */
export function refused(
  operation: string,
  reason: string,
  message: string,
  remedy = "Correct it at the vendor.",
): Terminal {
  return new Terminal({ reason, message, remedy }, { vendor: VENDOR, operation });
}

const TEXTS = {
  400: { reason: "RequestRefused", message: "The vendor refused the request with 400.", remedy: "See the manifest." },
  403: {
    reason: "AccountForbidden",
    message: "The vendor accepted the account's credential but not this operation.",
    remedy: "Give the account the permission.",
  },
  404: { reason: "TargetGone", message: "The vendor knows no such object.", remedy: "Correct the name." },
  429: { reason: "RateLimited", message: "The vendor's rate limit is reached." },
  503: { reason: "VendorUnavailable", message: "The vendor answered 503." },
} as const;

export function answered(label: string, status: 400 | 403 | 404): Terminal {
  return new Terminal(TEXTS[status], { vendor: VENDOR, operation: label, status });
}

/** A mint is not told apart from one that happened by a 429 or a 5xx; everything else may simply be asked again. */
export function busy(label: string, status: 429 | 503, retryAfterMs: number | undefined): AdapterError {
  const facts = { vendor: VENDOR, operation: label, status };
  if (effectOf(label) === "once") return new OutcomeUnknown(TEXTS[status], facts);
  return new Transient(TEXTS[status], facts, retryAfterMs);
}

/** No answer came. Only a read is certainly without effect then. */
export function unanswered(label: string, reason: "ConnectionLost" | "AnswerTimeout"): AdapterError {
  const message = reason === "ConnectionLost" ? "The connection broke before an answer." : "No answer came in time.";
  const facts = { vendor: VENDOR, operation: label };
  return effectOf(label) === "none"
    ? new Transient({ reason, message }, facts)
    : new OutcomeUnknown({ reason, message }, facts);
}

/** Velvet gave up before a byte was sent. */
export function notSent(label: string): Transient {
  return new Transient(
    { reason: "Aborted", message: "Velvet stopped before it was sent." },
    { vendor: VENDOR, operation: label },
  );
}

export function versionConflict(): Transient {
  const text = { reason: "VersionConflict", message: "The target was changed since it was read." };
  return new Transient(text, { vendor: VENDOR, operation: "sink.write" });
}
