/** FreeScout: one key, in a header of its own; a mailbox alone is no route; making a new key ends the old one. */
import { randomBytes } from "node:crypto";
import type { Call, Reply } from "../emulator/emulator.ts";
import { Hand, type HandEmulator, headerOf, type HandOptions, openHand } from "./emulator.ts";

export const MAILBOX = 2;

export async function openFreescout({ now = Date.now }: HandOptions = {}): Promise<HandEmulator> {
  const hand = new Hand(now);
  const make = (): string => {
    hand.endAll();
    return hand.add(randomBytes(16).toString("hex"));
  };
  const asKeyHolder =
    (work: () => Reply) =>
    (call: Call): Reply =>
      hand.takes(headerOf(call.headers, "x-freescout-api-key"))
        ? work()
        : { status: 401, body: { message: "Unauthorized" } };
  const mailboxes = [{ id: MAILBOX, name: "Support", email: "help@acme.example" }];
  return openHand(hand, make, {
    now,
    routes: [
      {
        method: "GET",
        pattern: "/api/mailboxes",
        handle: asKeyHolder(() => ({
          status: 200,
          body: { _embedded: { mailboxes }, page: { size: 50, totalElements: 1, totalPages: 1, number: 1 } },
        })),
      },
      { method: "GET", pattern: "/api/mailboxes/{id}", handle: asKeyHolder(() => ({ status: 405 })) },
    ],
  });
}
