/** TaxCloud's first API: 200 whatever happens, and a support desk that takes its time and may end the old key as it gives a new one. */
import { randomUUID } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";
import { Hand, type HandEmulator, type HandOptions, memberOf, openHand } from "./emulator.ts";

export const LOGIN_ID = "1A2B3C4D";

export interface TaxcloudOptions extends HandOptions {
  /** The support ends the old one as it issues another. */
  readonly endsOld?: boolean;
  /** How long after it was issued a key is taken. */
  readonly delayMs?: number;
}

export async function openTaxcloud(options: TaxcloudOptions = {}): Promise<HandEmulator> {
  const { now = Date.now, endsOld = false, delayMs = 0 } = options;
  const hand = new Hand(now);
  const make = (): string => {
    if (endsOld) hand.endAll();
    return hand.add(randomUUID().toUpperCase(), delayMs);
  };
  const ping = ({ json }: Call): Reply => {
    const isOurs = memberOf(json, "apiLoginID") === LOGIN_ID;
    const key = memberOf(json, "apiKey");
    return isOurs && typeof key === "string" && hand.takes(key) ? said(3) : said(0, "Invalid apiLoginID and/or apiKey");
  };
  return openHand(hand, make, { now, routes: [{ method: "POST", pattern: "/1.0/TaxCloud/Ping", handle: ping }] });
}

export function said(type: number, message?: string): Reply {
  const messages = message === undefined ? [] : [{ ResponseType: type, Message: message }];
  return { status: 200, body: { ResponseType: type, Messages: messages } };
}
