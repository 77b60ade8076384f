/** Can the account's token do what the account is declared for? */
import type { Health } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import type { Client } from "./client.ts";
import { wholeOf } from "./shapes.ts";
import { verdictOf } from "./verdict.ts";

export async function probe(client: Client, signal: AbortSignal): Promise<Health> {
  try {
    const answer = await client.platform({ method: "GET", path: path`/account`, accept: "any" }, signal);
    const { liveness, reason, message } = verdictOf(answer);
    if (liveness === "dead") {
      return { ready: false, reason: "AccountUnauthorized", message: `${message} ${RENEW}`, ...remainingOf(answer) };
    }
    if (liveness !== "alive") return { ready: false, reason, message, ...remainingOf(answer) };
    if (!client.uses("authorization")) return { ready: true, reason, message, ...remainingOf(answer) };
    return await probeAuthorizations(client, signal);
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { ready: false, reason: error.reason, message: [error.message, error.remedy].filter(Boolean).join(" ") };
  }
}

const RENEW = "Give the VendorAccount a new one.";

/** Only a token of scope `global` may list and make authorizations. */
async function probeAuthorizations(client: Client, signal: AbortSignal): Promise<Health> {
  const request = { path: path`/oauth/authorizations`, headers: { range: "id ..; max=1" }, accept: [403] };
  const answer = await client.platform({ method: "GET", ...request }, signal);
  const remaining = remainingOf(answer);
  if (answer.status !== 403) {
    const message = "Heroku accepted the token, which may issue others.";
    return { ready: true, reason: "TokenAccepted", message, ...remaining };
  }
  const { liveness, reason, message } = verdictOf(answer);
  if (liveness !== "restricted") return { ready: false, reason, message, ...remaining };
  return { ready: false, reason: "AccountForbidden", message: NOT_GLOBAL, ...remaining };
}

const NOT_GLOBAL =
  "The token's scope is not `global`, which issuing authorizations needs. " +
  "Where this account is for other uses only, say so in heroku.uses.";

function remainingOf(answer: HttpAnswer): { remaining?: number } {
  const text = answer.header("ratelimit-remaining");
  const remaining = text === undefined || text === "" ? undefined : wholeOf(Number(text));
  return remaining === undefined ? {} : { remaining };
}
