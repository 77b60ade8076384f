/** What Cloudflare says of an API token. */
import type { Clock, KeyId, Liveness, Verdict } from "../contract.ts";
import { Transient } from "../errors.ts";
import type { Secret, SecretFields } from "../secret.ts";
import type { Account } from "./api.ts";
import { VENDOR } from "./api.ts";
import type { Told } from "./asking.ts";
import { askAbout } from "./asking.ts";
import { askOrigin } from "./origin.ts";
import type { TokenKind } from "./routes.ts";
import { routesOf } from "./routes.ts";
import { VALUE } from "./traits.ts";

export interface Judging {
  readonly account: Account;
  readonly clock: Clock;
  readonly kind: TokenKind;
  /** Name of an endpoint that a live token must be able to read. */
  readonly probe?: string | undefined;
}

export async function verifyToken(judging: Judging, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const token = value[VALUE];
  if (token === undefined || token.isEmpty) return INCOMPLETE;
  const told = await askAbout(judging, routesOf(judging.account, judging.kind), token, signal);
  if (told.told === "unknown") return verifyUnknown(judging, token, signal);
  const verdict = verdictOf(told, judging.clock);
  if (verdict.liveness !== "alive" || judging.probe === undefined) return verdict;
  return verifyScopes(judging, judging.probe, token, signal);
}

/** The id of the token of this value, disabled and expired ones included; undefined where there is none. */
export async function identifyToken(
  judging: Judging,
  value: SecretFields,
  signal: AbortSignal,
): Promise<KeyId | undefined> {
  const token = value[VALUE];
  if (token === undefined || token.isEmpty) return undefined;
  const told = await askAbout(judging, routesOf(judging.account, judging.kind), token, signal);
  if (told.told === "known") return told.id;
  if (told.told !== "nothing") return undefined;
  throw new Transient(
    { reason: told.reason, message: told.message },
    { vendor: VENDOR, operation: "identify a token" },
    told.retryAfterMs,
  );
}

/** Each endpoint refuses the tokens of the other kind in the very words that it has for dead ones: so the other one is asked too. */
async function verifyUnknown(judging: Judging, token: Secret, signal: AbortSignal): Promise<Verdict> {
  const { account, kind } = judging;
  const other = kind === "user" ? "account" : "user";
  // Without an account's id only the user's endpoint can be asked, and the manifest says that it is the right one.
  if (other === "account" && account.config.accountId === undefined) return DEAD;
  const told = await askAbout(judging, routesOf(account, other), token, signal);
  if (told.told === "known") {
    const reason = "ApiTokenOfOtherKind";
    return verdict("needs-human", reason, `This is a token of the ${other}, and the manifest says ${kind}.`);
  }
  return told.told === "nothing" ? silence(told) : DEAD;
}

const INCOMPLETE = verdict("needs-human", "ValueIncomplete", "The credential has no token in its field `value`.");

const DEAD = verdict(
  "dead",
  "ApiTokenUnknown",
  "Cloudflare knows no such token: it was deleted, rolled, or never was one.",
);

function verdictOf(told: Exclude<Told, { told: "unknown" }>, clock: Clock): Verdict {
  if (told.told === "nothing") return silence(told);
  if (told.told === "malformed") {
    const message =
      "The value has not the form of a token: a blank or a line break at its end, or something else than a token.";
    return verdict("needs-human", "ApiTokenMalformed", message);
  }
  if (told.status === "disabled") return verdict("dead", "ApiTokenDisabled", "The token is disabled at Cloudflare.");
  if (told.status === "expired") return verdict("dead", "ApiTokenExpired", "The token's last day is over.");
  if (told.status !== "active") {
    return verdict(
      "inconclusive",
      "AnswerNotUnderstood",
      "Cloudflare tells a status of the token that Velvet does not know.",
    );
  }
  const waitMs = told.notBefore === undefined ? 0 : Date.parse(told.notBefore) - clock.now().getTime();
  if (waitMs <= 0) return verdict("alive", "ApiTokenActive", "Cloudflare says that the token is active.");
  const message = `The token is not valid before ${told.notBefore ?? ""}.`;
  return { ...verdict("inconclusive", "ApiTokenNotYetValid", message), retryAfterMs: waitMs };
}

/** Verification needs no permission and proves none. */
async function verifyScopes(judging: Judging, probe: string, value: Secret, signal: AbortSignal): Promise<Verdict> {
  const told = await askOrigin({ ...judging, probe, field: VALUE, value }, signal);
  if (told.told === "passed") {
    return verdict("alive", "ApiTokenActive", `The token is active, and endpoint \`${probe}\` accepts it.`);
  }
  if (told.told === "refused") {
    return verdict("restricted", "ApiTokenScopesRefused", `The token is active, and endpoint \`${probe}\` refuses it.`);
  }
  if (told.told === "nothing") return silence(told);
  return verdict("inconclusive", "Redirected", `Endpoint \`${probe}\` answered with a redirect, which is no verdict.`);
}

function silence(told: { readonly reason: string; readonly message: string; readonly retryAfterMs?: number }): Verdict {
  const { reason, message, retryAfterMs } = told;
  return { ...verdict("inconclusive", reason, message), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function verdict(liveness: Liveness, reason: string, message: string): Verdict {
  return { liveness, reason, message };
}
