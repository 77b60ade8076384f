/** Sentry: paths end with a slash or are answered with a redirect; any number of tokens; errors are `detail`. */
import { randomBytes } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";
import { Hand, type HandEmulator, headerOf, type HandOptions, openHand } from "./emulator.ts";

export const ORGANIZATION = "acme";

export interface SentryOptions extends HandOptions {
  /** The tokens may not read the organization. */
  readonly restricted?: boolean;
}

export async function openSentry({ now = Date.now, restricted = false }: SentryOptions = {}): Promise<HandEmulator> {
  const hand = new Hand(now);
  const make = (): string => hand.add(`sntrys_${randomBytes(24).toString("base64url")}`);
  const organization = (call: Call): Reply => {
    const token = /^Bearer (\S+)$/.exec(headerOf(call.headers, "authorization"))?.[1];
    if (!hand.takes(token)) return detail(401, "Invalid token");
    if (call.params["slug"] !== ORGANIZATION) return detail(404, "The requested resource does not exist");
    if (restricted) return detail(403, "You do not have permission to perform this action.");
    return { status: 200, body: { id: "1", slug: ORGANIZATION, name: "Acme" } };
  };
  return openHand(hand, make, {
    now,
    routes: [
      { method: "GET", pattern: "/api/0/organizations/{slug}/", handle: organization },
      {
        method: "GET",
        pattern: "/api/0/organizations/{slug}",
        handle: (call) => ({ status: 301, headers: { location: `${call.path}/` } }),
      },
    ],
  });
}

export function detail(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: { detail: text } };
}
