/** A vendor where a person makes and ends credentials, and only whether one works can be asked. */
import type { ManualAccount, ManualIssuer } from "../../crds/kinds.gen.ts";
import type { Clock, Instructions, Issuer, Verdict } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import { durationMs } from "../duration.ts";
import { Terminal, type ErrorText } from "../errors.ts";
import { type Http, openHttp } from "../http.ts";
import type { SecretFields } from "../secret.ts";
import { endpoint, endpointOf } from "./endpoint.ts";
import { freescout } from "./freescout.ts";
import { plaid } from "./plaid.ts";
import { sentry } from "./sentry.ts";
import { slack } from "./slack.ts";
import { taxcloud } from "./taxcloud.ts";
import { inconclusive, MALFORMED, mutated, NAME, sendable, type Vendor } from "./vendor.ts";

/** Exactly one of them is given. */
export function vendorOf(block: ManualIssuer): Vendor {
  if (block.plaid) return plaid(block.plaid);
  if (block.taxcloud) return taxcloud(block.taxcloud);
  if (block.slack) return slack(block.slack);
  if (block.freescout) return freescout(block.freescout);
  if (block.sentry) return sentry(block.sentry);
  return endpoint(block.endpoint ?? { name: "" });
}

export function issuerOf(account: TypedAccount<ManualAccount>, clock: Clock, block: ManualIssuer): Issuer {
  const vendor = vendorOf(block);
  const { mint, revoke } = account.config;
  return {
    traits: vendor.traits,
    instructions: {
      ...(mint ? { mint: instructions(mint) } : {}),
      ...(revoke ? { revoke: instructions(revoke) } : {}),
    },
    // None of them lists credentials, or says whose one is.
    list: async () => [],
    identify: async () => undefined,
    verify: async (value, signal) => verify({ account, clock, vendor, block }, value, signal),
    mutate: mutated,
    complete: (value) => value,
    mint: async () => refuse("mint", MINTED_BY_HAND),
    revoke: async () => refuse("revoke", REVOKED_BY_HAND),
    destroy: async () => refuse("destroy", REVOKED_BY_HAND),
  };
}

function instructions({ text, link, expected = "1h" }: NonNullable<ManualAccount["mint"]>): Instructions {
  return { text, ...(link === undefined ? {} : { link }), expectedMs: durationMs(expected) };
}

interface Asked {
  readonly account: TypedAccount<ManualAccount>;
  readonly clock: Clock;
  readonly vendor: Vendor;
  readonly block: ManualIssuer;
}

/** On a connection of its own. A value that no credential can be is not sent anywhere. */
async function verify(asked: Asked, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const { account, clock, vendor } = asked;
  const fit = sendable(value, vendor.traits.fields);
  if (!fit) return MALFORMED;
  const request = vendor.request(fit, account);
  await using http = open(asked);
  try {
    return vendor.judge(await http.send(request, signal), clock.now(), account);
  } catch (error) {
    return inconclusive(error, signal);
  }
}

function open({ account, clock, vendor, block }: Asked): Http {
  const named = block.endpoint && endpointOf(account, block.endpoint.name);
  return openHttp({
    vendor: NAME,
    baseUrl: named ? named.url : (account.endpoint ?? vendor.baseUrl),
    headers: () => account.headers(),
    clock,
    budget: account.budget,
    reach: reachOf(named),
    timeoutMs: named?.timeoutMs ?? (account.config.timeoutSeconds ?? 20) * 1000,
    maxBodyBytes: 256 * 1024,
    connections: 1,
  });
}

/** An endpoint is held to the same as a check's: plain http only where private addresses are allowed, and only there. */
function reachOf(named: ReturnType<typeof endpointOf> | undefined): "any" | "private" | "public" {
  if (!named) return "any";
  if (!named.allowPrivate) return "public";
  return URL.parse(named.url)?.protocol === "http:" ? "private" : "any";
}

function refuse(operation: string, text: ErrorText): never {
  throw new Terminal(text, { vendor: NAME, operation });
}

const MINTED_BY_HAND: ErrorText = {
  reason: "MintedByHand",
  message: "This vendor has no API that makes a credential.",
  remedy: "Make one at the vendor, and hand it in with ProvideValue.",
};

const REVOKED_BY_HAND: ErrorText = {
  reason: "RevokedByHand",
  message: "This vendor has no API that ends a credential.",
  remedy: "End it at the vendor, then say so with MarkRevoked and a ticket.",
};
