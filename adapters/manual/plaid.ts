/** Plaid: two secrets side by side until a person deletes one. A dead one is answered 400, never 401. */
import type { ManualIssuer } from "../../crds/kinds.gen.ts";
import { path } from "../http-path.ts";
import { accepted, objectIn, rejected, saysNothing, tokenIn, traitsWith, type Vendor } from "./vendor.ts";

const MINUTE = 60_000;
const VERSION = "2020-09-14";

export function plaid({ clientId }: NonNullable<ManualIssuer["plaid"]>): Vendor {
  return {
    // Not asked more often than once a minute.
    traits: traitsWith({ windowMs: 2 * MINUTE, everyMs: MINUTE }),
    targets: { vendor: "plaid", clientId },
    baseUrl: "https://production.plaid.com",
    // The cheapest question that needs no customer's bank.
    request: (value) => ({
      method: "POST",
      path: path`/institutions/get`,
      effect: "none",
      accept: "any",
      headers: { "plaid-client-id": clientId, "plaid-secret": tokenIn(value), "plaid-version": VERSION },
      json: { count: 1, offset: 0, country_codes: ["US"] },
    }),
    judge: (answer) => {
      const body = objectIn(answer);
      if (answer.status === 200 && Array.isArray(body?.["institutions"])) return accepted("Plaid");
      // The type beside it differs from answer to answer; a secret of another environment is answered the same.
      return body?.["error_code"] === "INVALID_API_KEYS" ? rejected("Plaid") : saysNothing(answer);
    },
  };
}
