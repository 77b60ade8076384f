/** Slack: 200 whatever the token, as form or as JSON; only its rate limit is a status. Installing the app again ends the old token. */
import { randomBytes } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";
import { Hand, type HandEmulator, headerOf, type HandOptions, openHand } from "./emulator.ts";

export const TEAM = "T0123ABCD";

export interface SlackOptions extends HandOptions {
  readonly team?: string;
  /** What is said of a token that is none. */
  readonly refusal?: string;
}

export async function openSlack(options: SlackOptions = {}): Promise<HandEmulator> {
  const { now = Date.now, team = TEAM, refusal = "invalid_auth" } = options;
  const hand = new Hand(now);
  const make = (): string => {
    hand.endAll();
    return hand.add(`xoxb-${randomBytes(18).toString("hex")}`);
  };
  const test = (call: Call): Reply => {
    const token = /^Bearer (\S+)$/.exec(headerOf(call.headers, "authorization"))?.[1];
    if (token === undefined) return said({ ok: false, error: "not_authed" });
    if (!hand.takes(token)) return said({ ok: false, error: refusal });
    return said({ ok: true, url: "https://acme.slack.com/", team: "Acme", team_id: team, user: "bot", bot_id: "B1" });
  };
  return openHand(hand, make, { now, routes: [{ method: "POST", pattern: "/auth.test", handle: test }] });
}

export function said(body: object): Reply {
  return { status: 200, body };
}
