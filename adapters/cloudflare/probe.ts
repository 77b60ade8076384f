/** Can Velvet's own token do its work? */
import type { Clock, Health } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import type { Account } from "./api.ts";
import type { Told } from "./asking.ts";
import { askAbout } from "./asking.ts";
import { routesOf } from "./routes.ts";

/** Verification needs no permission and shows none: what is missing, an operation's refusal names. */
export async function probe(account: Account, clock: Clock, signal: AbortSignal): Promise<Health> {
  const { tokenKind = "user" } = account.config;
  try {
    const told = await askAbout({ account, clock }, routesOf(account, tokenKind), account.secret("token"), signal);
    return told.told === "unknown" ? notReady("AccountUnauthorized", UNKNOWN[tokenKind]) : judge(told);
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return notReady(error.reason, [error.message, error.remedy].filter(Boolean).join(" "));
  }
}

const UNKNOWN = {
  user: "Cloudflare knows no such token of a user. Renew it, or set `tokenKind: account` if the account owns it.",
  account: "Cloudflare knows no such token of this account. Renew it, or set `tokenKind: user` if a user owns it.",
};

function judge(told: Exclude<Told, { told: "unknown" }>): Health {
  if (told.told === "nothing") return notReady(told.reason, told.message);
  if (told.told === "malformed") {
    return notReady("ApiTokenMalformed", "The account's token has not the form of one: put it alone into the source.");
  }
  if (told.status !== "active") {
    const reason = told.status === "expired" ? "ApiTokenExpired" : "ApiTokenDisabled";
    return notReady(reason, `The account's token is ${told.status === "expired" ? "expired" : "disabled"}.`);
  }
  return {
    ready: true,
    reason: "ApiTokenActive",
    message: "Cloudflare says that the account's token is active; its permissions it does not show.",
    ...(told.remaining === undefined ? {} : { remaining: told.remaining }),
  };
}

function notReady(reason: string, message: string): Health {
  return { ready: false, reason, message };
}
