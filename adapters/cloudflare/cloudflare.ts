import type { CloudflareAccount, CloudflareIssuer, CloudflareSink } from "../../crds/kinds.gen.ts";
import type { Clock, Issuer } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import { Terminal } from "../errors.ts";
import { serviceTokensOf } from "./access-api.ts";
import { accessIssuer } from "./access-issuer.ts";
import type { Account, Api } from "./api.ts";
import { openApi, VENDOR } from "./api.ts";
import { probe } from "./probe.ts";
import type { TokenKind } from "./routes.ts";
import { routesOf } from "./routes.ts";
import { tokenIssuer } from "./token-issuer.ts";
import { adminIdOf } from "./token-place.ts";
import { rollIssuer } from "./token-roll.ts";
import { tokensOf } from "./tokens.ts";
import type { TokenBlock } from "./traits.ts";
import { traitsOf } from "./traits.ts";
import { workerOf } from "./worker-api.ts";
import { WORKER_TRAITS, workerSink } from "./worker-sink.ts";

/** API tokens, Access service tokens, and the secrets of Workers. */
export const cloudflare = defineAdapter<CloudflareAccount, CloudflareIssuer, CloudflareSink>({
  name: VENDOR,
  endpoint: "optional",
  requestsPerMinute: 240,
  issuer: { targets: issuerTargets, traits: (block) => traitsOf(block) },
  sink: { targets: ({ script }) => ({ kind: "workerSecret", script }), traits: () => WORKER_TRAITS },
  connect: (account, clock) => {
    const api = openApi(account, clock);
    const adminId = adminIdOf(account, clock);
    return {
      probe: async (signal) => probe(account, clock, signal),
      issuer: (block) => issuerOf({ account, clock, api, adminId }, block),
      sink: ({ script }) => workerSink(workerOf(api, account, script)),
      [Symbol.asyncDispose]: async () => api[Symbol.asyncDispose](),
    };
  },
});

/** The endpoint of a probe is one: the value is sent there. */
function issuerTargets(block: CloudflareIssuer): Readonly<Record<string, string>> {
  const { userToken, accountToken, accessServiceToken } = block;
  if (accessServiceToken !== undefined) {
    const { tokenId, probe } = accessServiceToken;
    return { kind: "accessServiceToken", tokenId, probe };
  }
  const token = accountToken ?? userToken;
  return {
    kind: accountToken === undefined ? "userToken" : "accountToken",
    ...(token === undefined ? {} : { name: token.name }),
    ...(token?.probe === undefined ? {} : { probe: token.probe }),
  };
}

interface Open {
  readonly account: Account;
  readonly clock: Clock;
  readonly api: Api;
  readonly adminId: (signal: AbortSignal) => Promise<string>;
}

function issuerOf(open: Open, block: CloudflareIssuer): Issuer {
  const { account, clock, api } = open;
  const { userToken, accountToken, accessServiceToken } = block;
  const traits = traitsOf(block, account.config);
  if (accessServiceToken !== undefined) {
    const tokens = serviceTokensOf(api, account);
    return accessIssuer({ account, clock, block: accessServiceToken, probe: accessServiceToken.probe, tokens }, traits);
  }
  const [kind, token]: [TokenKind, TokenBlock | undefined] =
    accountToken === undefined ? ["user", userToken] : ["account", accountToken];
  if (token === undefined) throw nothingNamed();
  const place = { ...open, kind, block: token, tokens: tokensOf(api, () => routesOf(account, kind)) };
  return token.roll === true ? rollIssuer(place, traits) : tokenIssuer(place, traits);
}

function nothingNamed(): Terminal {
  return new Terminal(
    {
      reason: "CloudflareIssuerUnnamed",
      message: "The Credential does not say what is rotated.",
      remedy: "Give the issuer one of `userToken`, `accountToken` and `accessServiceToken`.",
    },
    { vendor: VENDOR, operation: "read the issuer" },
  );
}
