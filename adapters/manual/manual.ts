import type { ManualAccount, ManualIssuer } from "../../crds/kinds.gen.ts";
import type { AccountHandle, Health } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import { isAdapterError } from "../errors.ts";
import { issuerOf, vendorOf } from "./issuer.ts";

/** Vendors where a person makes and ends credentials: Plaid, TaxCloud, Slack, FreeScout, Sentry's tokens, and any that an endpoint can ask. */
export const manual = defineAdapter<ManualAccount, ManualIssuer>({
  name: "manual",
  endpoint: "optional",
  issuer: { targets: (block) => vendorOf(block).targets, traits: (block) => vendorOf(block).traits },
  connect: (account, clock) => ({
    probe: async () => health(account),
    issuer: (block) => issuerOf(account, clock, block),
    async [Symbol.asyncDispose]() {},
  }),
});

/** There is no credential of Velvet's own to try: ready says that the account's headers resolve. */
function health(account: AccountHandle): Health {
  try {
    account.headers();
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { ready: false, reason: error.reason, message: error.message };
  }
  return {
    ready: true,
    reason: "NothingToReach",
    message: "A person works at this vendor; Velvet has no login there.",
  };
}
