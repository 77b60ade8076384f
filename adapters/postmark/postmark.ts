import type { PostmarkAccount, PostmarkIssuer } from "../../crds/kinds.gen.ts";
import type { Health } from "../contract.ts";
import { defineAdapter, type TypedAccount } from "../define.ts";
import { isAdapterError } from "../errors.ts";
import { path } from "../http-path.ts";
import type { Http } from "../http.ts";
import { askAsAccount, open } from "./api.ts";
import { issuerOf, traitsOf } from "./issuer.ts";

/** Postmark: server tokens, which people make and delete in the dashboard. Velvet sees what they do with an account token. */
export const postmark = defineAdapter<PostmarkAccount, PostmarkIssuer>({
  name: "postmark",
  endpoint: "optional",
  issuer: { targets: ({ serverId }) => ({ serverId: String(serverId) }), traits: traitsOf },
  connect: (account, clock) => {
    const http = open(account, clock);
    return {
      probe: async (signal) => probe(http, account, signal),
      issuer: (block) => issuerOf(http, account, block),
      [Symbol.asyncDispose]: async () => http[Symbol.asyncDispose](),
    };
  },
});

async function probe(http: Http, account: TypedAccount<PostmarkAccount>, signal: AbortSignal): Promise<Health> {
  if (account.config.detects === false) {
    return { ready: true, reason: "NothingToReach", message: "Without an account token Velvet has no login here." };
  }
  try {
    await askAsAccount(http, account, { path: path`/servers`, query: { count: "1", offset: "0" } }, signal);
    return { ready: true, reason: "TokenAccepted", message: "Postmark accepts the account token." };
  } catch (error) {
    if (!isAdapterError(error) || signal.aborted) throw error;
    return { ready: false, reason: error.reason, message: error.message };
  }
}
