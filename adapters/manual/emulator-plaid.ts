/** Plaid: two secrets at most, side by side; whatever is wrong with one is 400. Every call is a POST with JSON. */
import { randomBytes } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";
import { Hand, type HandEmulator, headerOf, type HandOptions, memberOf, openHand } from "./emulator.ts";

export const CLIENT_ID = "5f1a0c1b2d3e4f5061728394";

export interface PlaidOptions extends HandOptions {
  /** How many at once. Plaid has two. */
  readonly most?: number;
}

export async function openPlaid({ now = Date.now, most = 2 }: PlaidOptions = {}): Promise<HandEmulator> {
  const hand = new Hand(now);
  const make = (): string => {
    if (hand.size >= most) throw new Error("the dashboard rotates again only after one of the two was deleted");
    return hand.add(randomBytes(15).toString("hex"));
  };
  const institutions = (call: Call): Reply => {
    const [id, secret] = credentialsOf(call);
    if (id !== CLIENT_ID || !hand.takes(secret)) return INVALID;
    if (!Array.isArray(memberOf(call.json, "country_codes"))) return error(400, "INVALID_REQUEST", "MISSING_FIELDS");
    return { status: 200, body: { institutions: [{ institution_id: "ins_1" }], total: 12_000, request_id: "r4nd0m" } };
  };
  return openHand(hand, make, {
    now,
    routes: [{ method: "POST", pattern: "/institutions/get", handle: institutions }],
    unknown: () => error(404, "INVALID_REQUEST", "NOT_FOUND"),
  });
}

/** In headers or in the body. */
function credentialsOf({ headers, json }: Call): [id: string, secret: string] {
  const either = (header: string, member: string): string => {
    const inBody = memberOf(json, member);
    return headerOf(headers, header) || (typeof inBody === "string" ? inBody : "");
  };
  return [either("plaid-client-id", "client_id"), either("plaid-secret", "secret")];
}

export function error(status: number, type: string, code: string): Reply {
  return {
    status,
    body: {
      error_type: type,
      error_code: code,
      error_message: "invalid client_id or secret provided",
      display_message: null,
      documentation_url: "https://plaid.com/docs/",
      request_id: "r4nd0m",
    },
  };
}

const INVALID = error(400, "INVALID_INPUT", "INVALID_API_KEYS");
