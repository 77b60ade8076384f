/** What the two kinds of tokens have in common: one field, and GitHub asked with the value itself. */
import type { ErrorText } from "../errors.ts";
import { isAdapterError, Terminal, Transient } from "../errors.ts";
import type { IssuerTraits, KeyId, Liveness, Verdict } from "../contract.ts";
import type { HttpAnswer } from "../http.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { isOwn } from "./refusal.ts";
import { VENDOR } from "./settings.ts";

const FIELD = "value";

export const TOKEN_TRAITS = {
  fields: [FIELD],
  publicFields: [],
  breaksWhenMixed: false,
  authority: "vendor",
  negativeControl: true,
  // A new token takes seconds to be known everywhere at GitHub.
  propagation: { windowMs: 30_000, everyMs: 1_000 },
  revocation: "immediate",
  revokeNeeds: "value",
} as const satisfies Omit<IssuerTraits, "mintClass">;

/** Undefined where the value is no token that a header can carry. */
export function tokenOf(value: SecretFields): Secret | undefined {
  const token = value[FIELD];
  return token !== undefined && /^[\x21-\x7e]+$/.test(token.reveal().trim()) ? token : undefined;
}

export function valueOf(token: string): SecretFields {
  return { [FIELD]: Secret.from(token) };
}

/** The last letter is another one: it is a part of the token's own checksum. */
export function mutateToken(value: SecretFields): SecretFields {
  const text = value[FIELD]?.reveal().trim() ?? "";
  return { ...value, ...valueOf(`${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`) };
}

export function verdict(liveness: Liveness, reason: string, message: string): Verdict {
  return { liveness, reason, message };
}

export const NO_TOKEN = verdict(
  "needs-human",
  "TokenMalformed",
  "The value is no token: it has spaces or other characters.",
);

/** A 401 of GitHub itself: it does not take the token. Anything else that is no answer of GitHub's says nothing. */
export function refusedOrNot(answer: HttpAnswer): Verdict {
  return answer.status === 401 && isOwn(answer)
    ? verdict("dead", "TokenRejected", "GitHub does not accept this token.")
    : verdict("inconclusive", "EdgeAnswered", `Somebody before GitHub answered ${answer.status}, which says nothing.`);
}

/** What a failure says of a value: nothing. Goes on where the question itself cannot be asked, or was given up. */
export function inconclusive(error: unknown, signal: AbortSignal): Verdict {
  if (!isAdapterError(error) || signal.aborted) throw error;
  if (!(error instanceof Transient) && error.facts.status === undefined) throw error;
  const wait = error instanceof Transient ? error.retryAfterMs : undefined;
  const told = verdict("inconclusive", error.reason, error.message);
  return wait === undefined ? told : { ...told, retryAfterMs: wait };
}

export function refuse(operation: string, text: ErrorText): Terminal {
  return new Terminal(text, { vendor: VENDOR, operation });
}

/** GitHub ends a token only for whoever shows it. */
export function valueNeeded(id: KeyId, remedy: string): Terminal {
  return refuse("revoke", {
    reason: "ValueNeeded",
    message: `GitHub ends ${id} only for whoever shows its value, and Velvet no longer has it.`,
    remedy,
  });
}
