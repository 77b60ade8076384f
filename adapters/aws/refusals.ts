/** What AWS's own names of errors mean, whichever service says them. Names are without `Exception`. */
import type { ErrorText } from "../errors.ts";
import type { Refusal, Wanted } from "./call.ts";

export interface KnownRefusal {
  readonly text: ErrorText;
  /** It may work later. */
  readonly later?: boolean;
}

const THROTTLED =
  /^(?:Throttling|Throttled|ThrottledRequest|TooManyRequests|RequestLimitExceeded|RequestThrottled|TooManyUpdates|SlowDown)$/;
const FORBIDDEN = /^(?:AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized)$/;
const SKEWED = /^(?:RequestExpired|RequestTimeTooSkewed|RequestInTheFuture)$/;
const UNAUTHORIZED =
  /^(?:InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|InvalidAccessKeyId|MissingAuthenticationToken|ExpiredToken|InvalidToken)$/;

export function isThrottled({ name }: Pick<Refusal, "name">): boolean {
  return THROTTLED.test(name);
}

export function isForbidden({ name }: Pick<Refusal, "name">): boolean {
  return FORBIDDEN.test(name);
}

export function isSkewed({ name, isClock }: Pick<Refusal, "name" | "isClock">): boolean {
  return SKEWED.test(name) || isClock;
}

/** Undefined where the name is none of these. */
export function refusalOf(refusal: Refusal, { action, on }: Wanted): KnownRefusal | undefined {
  if (isThrottled(refusal)) return { text: RATE_LIMITED, later: true };
  if (isSkewed(refusal)) return { text: CLOCK, later: true };
  if (UNAUTHORIZED.test(refusal.name)) return { text: ACCOUNT_REFUSED };
  if (isForbidden(refusal)) return { text: forbidden(refusal.action ?? action, on) };
  const text = OTHERS[refusal.name];
  return text && { text };
}

function forbidden(action: string, on: string): ErrorText {
  return {
    reason: "AccountForbidden",
    message: `AWS does not let Velvet do ${action} on ${on}.`,
    remedy: `Allow ${action} for it in the policies of the account's credential; a key policy, a boundary or an organisation's policy may also forbid it.`,
  };
}

const RATE_LIMITED: ErrorText = { reason: "RateLimited", message: "AWS throttles the requests of this account." };

const CLOCK: ErrorText = {
  reason: "ClockSkewed",
  message: "AWS refuses the signature's date: the controller's clock and AWS's differ by more than five minutes.",
  remedy: "Set the controller's clock right.",
};

const ACCOUNT_REFUSED: ErrorText = {
  reason: "AccountUnauthorized",
  message: "AWS refused the account's own access key.",
  remedy: "Renew the VendorAccount's own access key, and see that it is active.",
};

const OTHERS: Readonly<Record<string, ErrorText>> = {
  InvalidKeyId: {
    reason: "KmsKeyUnusable",
    message: "The KMS key does not exist, is disabled, or is not shown to this account.",
    remedy: "Correct kmsKey in the manifest, or enable the key.",
  },
  EncryptionFailure: {
    reason: "KmsKeyUnusable",
    message: "The KMS key could not encrypt the value.",
    remedy: "Correct kmsKey in the manifest, or enable the key.",
  },
  DecryptionFailure: {
    reason: "KmsKeyUnusable",
    message: "The KMS key could not decrypt what is there.",
    remedy: "Enable the key that it was encrypted with, and allow kms:Decrypt.",
  },
};
