/** What Access says of a service token's secret: only an origin behind it can be asked. */
import type { Clock, Liveness, Verdict } from "../contract.ts";
import { fitsHeader } from "../http-headers.ts";
import type { Secret, SecretFields } from "../secret.ts";
import type { Account } from "./api.ts";
import type { OriginTold } from "./origin.ts";
import { askOrigin } from "./origin.ts";
import { CLIENT_ID, CLIENT_SECRET } from "./traits.ts";

export interface Knocking {
  readonly account: Account;
  readonly clock: Clock;
  readonly probe: string;
}

export async function verifySecret(knocking: Knocking, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const [id, secret] = [value[CLIENT_ID], value[CLIENT_SECRET]];
  if (id === undefined || secret === undefined || id.isEmpty || secret.isEmpty) {
    return verdict("needs-human", "ValueIncomplete", "The value has no client id or no client secret.");
  }
  if (!fitsHeader(id.reveal()) || !fitsHeader(secret.reveal())) {
    const reason = "ValueNotSendable";
    return verdict(
      "needs-human",
      reason,
      "The value has a blank or a line break at an end, which no header can carry.",
    );
  }
  return judged(knocking.probe, await knock(knocking, id, secret, signal));
}

async function knock(knocking: Knocking, id: Secret, secret: Secret, signal: AbortSignal): Promise<OriginTold> {
  const headers = { "CF-Access-Client-Id": id };
  return askOrigin({ ...knocking, field: CLIENT_SECRET, value: secret, headers }, signal);
}

function judged(probe: string, told: OriginTold): Verdict {
  switch (told.told) {
    case "passed":
      return verdict("alive", "AccessPassed", `Access let the token through to endpoint \`${probe}\`.`);
    case "refused":
      return verdict("dead", "AccessRefused", `Endpoint \`${probe}\` refuses the token with ${told.status}.`);
    case "redirected":
      return isLoginOfAccess(told.to)
        ? verdict("dead", "AccessRefused", `Access sends the caller of endpoint \`${probe}\` to its login page.`)
        : verdict("inconclusive", "Redirected", `Endpoint \`${probe}\` answered with a redirect, which is no verdict.`);
    default: {
      const wait = told.retryAfterMs === undefined ? {} : { retryAfterMs: told.retryAfterMs };
      return { ...verdict("inconclusive", told.reason, told.message), ...wait };
    }
  }
}

function isLoginOfAccess(to: string): boolean {
  const host = URL.parse(to)?.hostname ?? "";
  return host === "cloudflareaccess.com" || host.endsWith(".cloudflareaccess.com");
}

function verdict(liveness: Liveness, reason: string, message: string): Verdict {
  return { liveness, reason, message };
}
