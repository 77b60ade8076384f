/** What the vendors without an API have in common here: how a value is shown to them, and what their answers mean. */
import type { AccountHandle, IssuerTraits, Liveness, Verdict } from "../contract.ts";
import { isAdapterError, Transient } from "../errors.ts";
import type { HttpAnswer, HttpRequest } from "../http.ts";
import { Secret, type SecretFields } from "../secret.ts";

export const NAME = "manual";

/** One vendor, as far as one Credential's block says which part of it. */
export interface Vendor {
  readonly traits: IssuerTraits;
  readonly targets: Readonly<Record<string, string>>;
  /** Where its API is, unless the account says otherwise. */
  readonly baseUrl?: string;
  /** Only reads. `value` has been looked at: each field can stand in a header. */
  request(value: SecretFields, account: AccountHandle): HttpRequest;
  judge(answer: HttpAnswer, now: Date, account: AccountHandle): Verdict;
}

interface Rhythm {
  readonly windowMs: number;
  readonly everyMs: number;
}

/** A person makes it, a person ends it, and the vendor says whether it works. */
export function traitsWith(propagation: Rhythm, more: Partial<IssuerTraits> = {}): IssuerTraits {
  return {
    mintClass: "manual",
    fields: ["value"],
    publicFields: [],
    breaksWhenMixed: false,
    authority: "vendor",
    negativeControl: true,
    propagation,
    revocation: "manual",
    ...more,
  };
}

export function endsOldWhere(endsOld: boolean): Partial<IssuerTraits> {
  return endsOld ? { mintEndsOld: true } : {};
}

export function verdict(liveness: Liveness, reason: string, message: string): Verdict {
  return { liveness, reason, message };
}

export const accepted = (vendor: string): Verdict => verdict("alive", "TokenAccepted", `${vendor} accepts it.`);

export const rejected = (vendor: string): Verdict => verdict("dead", "TokenRejected", `${vendor} does not accept it.`);

/** What is no answer about the credential: limits, faults, somebody before the vendor. */
export function saysNothing(answer: Pick<HttpAnswer, "status" | "retryAfterMs">, retryAfterMs?: number): Verdict {
  const { status } = answer;
  const wait = retryAfterMs ?? answer.retryAfterMs;
  const told =
    status === 429
      ? verdict("inconclusive", "RateLimited", "The vendor's rate limit is reached.")
      : status >= 500
        ? verdict("inconclusive", "VendorUnavailable", `The vendor answered ${status}.`)
        : verdict("inconclusive", "EdgeAnswered", `The answer ${status} says nothing about the credential.`);
  return wait === undefined ? told : { ...told, retryAfterMs: wait };
}

/** What a failure says of a value: nothing. Goes on where the question itself cannot be asked, or was given up. */
export function inconclusive(error: unknown, signal: AbortSignal): Verdict {
  if (!isAdapterError(error) || signal.aborted || !(error instanceof Transient)) throw error;
  const told = verdict("inconclusive", error.reason, error.message);
  return error.retryAfterMs === undefined ? told : { ...told, retryAfterMs: error.retryAfterMs };
}

export const MALFORMED = verdict(
  "dead",
  "TokenMalformed",
  "It is no credential: it is empty, or has spaces or other characters that none has.",
);

/** Each field without the line break that a copy may have; undefined where one could not be a credential. */
export function sendable(value: SecretFields, fields: readonly string[]): SecretFields | undefined {
  const trimmed = fields.map((field) => [field, value[field]?.reveal().trim() ?? ""] as const);
  if (trimmed.some(([, text]) => !/^[\x21-\x7e]{1,4096}$/.test(text))) return undefined;
  return Object.fromEntries(trimmed.map(([field, text]) => [field, Secret.from(text)]));
}

/** The last character of each field is another one. */
export function mutated(value: SecretFields): SecretFields {
  return Object.fromEntries(
    Object.entries(value).map(([field, secret]) => {
      const text = secret.reveal().trim();
      return [field, Secret.from(`${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`)];
    }),
  );
}

/** Undefined where it is no JSON object: then it is not the vendor's own answer. */
export function objectIn(answer: HttpAnswer): Readonly<Record<string, unknown>> | undefined {
  try {
    const found: unknown = JSON.parse(answer.text());
    return typeof found === "object" && found !== null && !Array.isArray(found) ? { ...found } : undefined;
  } catch {
    return undefined;
  }
}

/** The one field of most of them. */
export function tokenIn(value: SecretFields): Secret {
  return value["value"] ?? Secret.from("");
}
