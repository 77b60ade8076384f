/** API tokens: each new one is made beside the one in use, with its permissions, and found again by its name. */
import type { IssuedKey, Issuer, IssuerTraits, KeyId, Minted, MintOrder, Usage } from "../contract.ts";
import { Terminal } from "../errors.ts";
import { markerIn, nameFor } from "./names.ts";
import type { TokenPlace } from "./token-place.ts";
import { gone, mutateField, ownToken, refused, sourceToken, valueOf } from "./token-place.ts";
import { identifyToken, verifyToken } from "./token-verdict.ts";
import type { Token } from "./tokens.ts";
import { VALUE } from "./traits.ts";

export function tokenIssuer(place: TokenPlace, traits: IssuerTraits): Issuer {
  const judging = { account: place.account, clock: place.clock, kind: place.kind, probe: place.block.probe };
  return {
    traits,
    // All that count against the quota, of whatever name: only a marker makes one ours.
    list: async (signal) => (await place.tokens.list(signal)).map((token) => keyOf(token, place.block.name)),
    verify: async (value, signal) => verifyToken(judging, value, signal),
    mutate: (value) => mutateField(value, VALUE),
    identify: async (value, signal) => identifyToken(judging, value, signal),
    complete: (value) => value,
    mint: async (order, signal) => mint(place, traits, order, signal),
    revoke: async (id, signal) => {
      await setStatus(place, id, "disabled", signal);
      return [];
    },
    destroy: async (id, signal) => {
      const token = await ownToken(place, id, signal);
      if (token !== undefined) await place.tokens.remove(id, signal);
      return [];
    },
    restore: async (id, signal) => {
      if (!(await setStatus(place, id, "active", signal))) throw gone(id);
    },
    usage: async (id, signal) => usageOf(await place.tokens.get(id, signal)),
  };
}

export function keyOf(token: Token, name: string): IssuedKey {
  const marker = markerIn(name, token.name);
  return {
    id: token.id,
    enabled: token.status === "active",
    ...(marker === undefined ? {} : { marker }),
    ...(token.issuedOn === undefined ? {} : { createdAt: token.issuedOn }),
    ...(token.lastUsedOn === undefined ? {} : { lastUsedAt: token.lastUsedOn }),
    ...(token.expiresOn === undefined ? {} : { expiresAt: token.expiresOn }),
  };
}

export function usageOf(token: Token | undefined): Usage {
  return token?.lastUsedOn === undefined ? {} : { lastUsedAt: token.lastUsedOn };
}

/** False where it is gone. A token that has expired stays so, whatever its status. */
async function setStatus(place: TokenPlace, id: KeyId, status: "active" | "disabled", signal: AbortSignal) {
  const token = await ownToken(place, id, signal);
  if (token === undefined) return false;
  if (token.status === status || (status === "disabled" && token.status === "expired")) return true;
  return place.tokens.update(token, { status }, signal);
}

async function mint(place: TokenPlace, traits: IssuerTraits, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const name = nameFor(place.block.name, order.marker);
  const source = await sourceToken(place, order.currentId, signal);
  if (source.policies.length === 0) throw noPolicies(source);
  const expiresOn = sameLifetime(source, place.clock.now());
  const body = {
    name,
    policies: source.policies,
    ...(source.condition === undefined ? {} : { condition: source.condition }),
    ...(expiresOn === undefined ? {} : { expires_on: expiresOn }),
  };
  try {
    const made = await place.tokens.create(body, signal);
    return {
      id: made.id,
      value: valueOf(made.value),
      ...(made.issuedOn === undefined ? {} : { issuedAt: made.issuedOn }),
      ...(expiresOn === undefined ? {} : { expiresAt: expiresOn }),
    };
  } catch (error) {
    throw order.inventory.length >= (traits.maxLive ?? Infinity) ? full(error) : error;
  }
}

/** A token that was to live for a year is followed by one that lives for a year. Undefined: without an end, as the source. */
function sameLifetime({ expiresOn, issuedOn, notBefore }: Token, now: Date): string | undefined {
  const begun = notBefore ?? issuedOn;
  if (expiresOn === undefined || begun === undefined) return expiresOn;
  const end = new Date(now.getTime() + Date.parse(expiresOn) - Date.parse(begun));
  return end.toISOString().replace(/\.\d{3}Z$/, "Z");
}

function noPolicies({ id }: Token): Terminal {
  return refused("clone a token", {
    reason: "ApiTokenMissing",
    message: `Cloudflare shows no permissions of the token ${id}, so there is nothing to clone.`,
    remedy: "Let the VendorAccount's token read tokens with their policies.",
  });
}

/** Which code Cloudflare has for it stands nowhere: what counts is that there are as many as it allows. */
function full(error: unknown): unknown {
  if (!(error instanceof Terminal) || error.reason !== "RequestRefused") return error;
  return new Terminal(
    {
      reason: "QuotaExhausted",
      message: "Cloudflare refuses another token, and there are as many as it allows.",
      remedy: "Delete tokens that nobody uses, disabled and expired ones too.",
    },
    error.facts,
  );
}
