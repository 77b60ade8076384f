/** What more than one vendor says of tokens and of places for secrets. */
import { IN_USE, NORMAL, NOTHING, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const VENDORS_REASONS: Readonly<Record<string, Reason>> = {
  TokenAccepted: {
    meaning: "The vendor accepts the token.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account", "rotation"],
  },
  TokenRejected: {
    meaning: "The vendor does not accept the token: it was ended, has expired, or is none of its own.",
    fine: UNTOUCHED,
    remedy: "Where this is the credential in use, abort, and request the rotation again with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["account", "rotation"],
  },
  SecretRefused: {
    meaning: "The vendor does not take the secret: it is too large, is no text, or the place has as many as it may.",
    fine: IN_USE,
    remedy: "See its size and how many there are; the adapter's readme names the limits.",
    where: ["consumer"],
  },
  SecretNameInvalid: {
    meaning: "The vendor keeps no secret under such a name.",
    fine: IN_USE,
    remedy: "Correct the name under `keys` in the manifest, as the message says.",
    where: ["consumer"],
  },
};
