/** The vendor shows the value again to whoever may list: after Heroku's OAuth authorizations. No quota, and a delete is for good. */
import type { Key, Truth } from "../truth.ts";
import type { MintKind, WireKey, WireMint, WireMinted } from "./issuer.ts";
import { chosenBy, endKey, exact, isFull, listed, newId, quotaExhausted, removeKey } from "./issuer.ts";

function show(key: Key): WireKey {
  return {
    id: key.id,
    enabled: key.enabled,
    createdAt: exact(key.createdAt),
    ...(key.marker === undefined ? {} : { marker: key.marker }),
  };
}

function mint(truth: Truth, { marker }: WireMint): WireMinted {
  if (isFull(truth)) throw quotaExhausted();
  const id = newId(truth, "authorization");
  const value = chosenBy(truth, id);
  const { createdAt } = truth.add({ id, value, marker, ours: true });
  truth.judge(`issuer.mint ${id}`);
  return { id, value, issuedAt: exact(createdAt) };
}

export const reReadable: MintKind = {
  original: (truth) => {
    const id = newId(truth, "authorization");
    return truth.add({ id, value: chosenBy(truth, id), ours: false, acceptedFrom: truth.now() });
  },
  list: (truth) => listed(truth, show),
  mint,
  revoke: endKey,
  destroy: removeKey,
};
