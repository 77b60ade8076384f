/** Listable by our marker, value shown once: after Cloudflare's API tokens and Vault's secret ids. */
import type { Key, Truth } from "../truth.ts";
import type { MintKind, WireKey, WireMint, WireMinted } from "./issuer.ts";
import { chosenBy, endKey, exact, isFull, listed, newId, quotaExhausted, removeKey, second } from "./issuer.ts";

/** The vendor's field for a name is short: a marker is cut from the left, and its end is what `list` shows. */
export const LONGEST_NAME = 64;

function show(key: Key): WireKey {
  return {
    id: key.id,
    enabled: key.enabled,
    createdAt: second(key.createdAt),
    ...(key.marker === undefined ? {} : { marker: key.marker }),
    ...(key.lastUsedAt === undefined ? {} : { lastUsedAt: second(key.lastUsedAt) }),
  };
}

function mint(truth: Truth, { marker }: WireMint): WireMinted {
  if (isFull(truth)) throw quotaExhausted();
  const id = newId(truth, "token");
  const value = chosenBy(truth, id);
  const { createdAt } = truth.add({ id, value, marker: marker.slice(-LONGEST_NAME), ours: true });
  truth.judge(`issuer.mint ${id}`);
  return { id, value, issuedAt: exact(createdAt) };
}

export const markable: MintKind = {
  original: (truth) => {
    const id = newId(truth, "token");
    return truth.add({ id, value: chosenBy(truth, id), ours: false, acceptedFrom: truth.now() });
  },
  list: (truth) => listed(truth, show),
  mint,
  revoke: endKey,
  destroy: removeKey,
};
