/** Every issuer and every sink of the adapters that have an emulator, each in a setup of its own. */
import { AWS } from "./aws.ts";
import { CLOUDFLARE } from "./cloudflare.ts";
import { GITHUB } from "./github.ts";
import { HEROKU } from "./heroku.ts";
import { INFISICAL } from "./infisical.ts";
import { MADE_BY_HAND } from "./by-hand.ts";
import { KUBERNETES } from "./kubernetes.ts";
import type { EmulatedSetup } from "./plug.ts";
import { POSTMARK } from "./postmark.ts";

export const EMULATED: Readonly<Record<string, EmulatedSetup>> = {
  ...AWS,
  ...CLOUDFLARE,
  ...GITHUB,
  ...HEROKU,
  ...INFISICAL,
  ...KUBERNETES,
  ...MADE_BY_HAND,
  ...POSTMARK,
};
