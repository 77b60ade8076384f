/** API tokens that get another value in their place: the old value is dead at that moment. */
import type { IssuedKey, Issuer, IssuerTraits, KeyId, Minted, MintOrder } from "../contract.ts";
import { isAdapterError, OutcomeUnknown } from "../errors.ts";
import { VENDOR } from "./api.ts";
import { isNamed, markerIn, nameFor } from "./names.ts";
import { keyOf, usageOf } from "./token-issuer.ts";
import type { TokenPlace } from "./token-place.ts";
import { gone, mutateField, ownToken, refused, sourceToken, valueOf } from "./token-place.ts";
import { identifyToken, verifyToken } from "./token-verdict.ts";
import type { Token } from "./tokens.ts";
import { VALUE } from "./traits.ts";

export function rollIssuer(place: TokenPlace, traits: IssuerTraits): Issuer {
  const judging = { account: place.account, clock: place.clock, kind: place.kind, probe: place.block.probe };
  const { name } = place.block;
  return {
    traits,
    list: async (signal) =>
      (await place.tokens.list(signal))
        .filter((token) => isNamed(name, token.name))
        .map((token): IssuedKey => ({ ...keyOf(token, name), id: idOf(token, name) })),
    verify: async (value, signal) => verifyToken(judging, value, signal),
    mutate: (value) => mutateField(value, VALUE),
    identify: async (value, signal) => {
      const id = await identifyToken(judging, value, signal);
      const token = id === undefined ? undefined : await ownToken(place, id, signal);
      return token && idOf(token, name);
    },
    complete: (value) => value,
    mint: async (order, signal) => mint(place, order, signal),
    revoke: async (id, signal) => {
      const token = await generation(place, id, signal);
      if (token?.status === "active") await place.tokens.update(token, { status: "disabled" }, signal);
      return [];
    },
    destroy: async (id, signal) => {
      const token = await generation(place, id, signal);
      if (token !== undefined) await place.tokens.remove(token.id, signal);
      return [];
    },
    restore: async (id, signal) => {
      const token = await generation(place, id, signal);
      if (token === undefined) throw gone(id);
      if (token.status !== "active" && !(await place.tokens.update(token, { status: "active" }, signal)))
        throw gone(id);
    },
    usage: async (id, signal) => usageOf(await generation(place, id, signal)),
  };
}

/** A token keeps its id when it is rolled, so the attempt that rolled it last is a part of ours: `<token id>@<attempt>`. */
function idOf({ id, name: found }: Token, name: string): KeyId {
  const marker = markerIn(name, found);
  return `${id}@${marker === undefined ? "0" : marker.slice(marker.lastIndexOf("/") + 1)}`;
}

/** The token, if its value is still the one of this id. */
async function generation(place: TokenPlace, id: KeyId, signal: AbortSignal): Promise<Token | undefined> {
  const token = await ownToken(place, tokenIdOf(id), signal);
  return token !== undefined && idOf(token, place.block.name) === id ? token : undefined;
}

function tokenIdOf(id: KeyId): string {
  return id.slice(0, Math.max(0, id.indexOf("@")));
}

async function mint(place: TokenPlace, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const { name } = place.block;
  const renamed = nameFor(name, order.marker);
  const { currentId } = order;
  const source = await sourceToken(place, currentId === undefined ? undefined : tokenIdOf(currentId), signal);
  if (!order.inventory.some(({ id }) => id === idOf(source, name))) throw changed(source);
  if (source.status === "expired") throw expired(source);
  const value = await place.tokens.roll(source.id, signal);
  if (value === undefined) throw changed(source);
  await rename(place, source, renamed, signal);
  return { id: idOf({ ...source, name: renamed }, name), value: valueOf(value) };
}

/**
 * Not before the roll: a name that says more than the value would let a revoke of the older id pass for done. Where this fails the new
 * value is lost, and the next attempt rolls it away.
 */
async function rename(place: TokenPlace, source: Token, name: string, signal: AbortSignal): Promise<void> {
  try {
    if (await place.tokens.update(source, { name, status: "active" }, signal)) return;
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    throw unmarked(error.facts.status);
  }
  throw unmarked(404);
}

function unmarked(status: number | undefined): OutcomeUnknown {
  return new OutcomeUnknown(
    {
      reason: "ApiTokenNotRenamed",
      message: "The token was rolled, and could not be given the name that tells which roll its value is of.",
      remedy: "Wait; it is rolled again.",
    },
    { vendor: VENDOR, operation: "rename a rolled token", ...(status === undefined ? {} : { status }) },
  );
}

function expired({ id }: Token): Error {
  return refused("roll a token", {
    reason: "ApiTokenExpired",
    message: `The last day of the token ${id} is over, and a roll leaves it as it is.`,
    remedy: "Give it another one at Cloudflare, then request the rotation again.",
  });
}

function changed({ id }: Token): Error {
  return refused("roll a token", {
    reason: "SlotChanged",
    message: `The token ${id} was rolled, renamed or deleted after this mint was decided.`,
    remedy: "Request the rotation again; it starts from the token as it is now.",
  });
}
