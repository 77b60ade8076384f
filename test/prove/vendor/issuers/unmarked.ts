/** Listable without a marker, and few at once, disabled ones included: after AWS IAM's access keys. */
import type { Key, Truth } from "../truth.ts";
import type { MintKind, WireKey, WireMinted } from "./issuer.ts";
import { chosenBy, endKey, isFull, listed, newId, quotaExhausted, removeKey, second } from "./issuer.ts";

function show(key: Key): WireKey {
  return {
    id: key.id,
    enabled: key.enabled,
    createdAt: second(key.createdAt),
    ...(key.lastUsedAt === undefined ? {} : { lastUsedAt: second(key.lastUsedAt) }),
  };
}

/** The order's marker is nowhere at the vendor: keys have no field for it. */
function mint(truth: Truth): WireMinted {
  if (isFull(truth)) throw quotaExhausted();
  const id = newId(truth, "access");
  const value = chosenBy(truth, id);
  const { createdAt } = truth.add({ id, value, ours: true });
  truth.judge(`issuer.mint ${id}`);
  return { id, value, issuedAt: second(createdAt) };
}

export const unmarked: MintKind = {
  original: (truth) => {
    const id = newId(truth, "access");
    return truth.add({ id, value: chosenBy(truth, id), ours: false, acceptedFrom: truth.now() });
  },
  list: (truth) => listed(truth, show),
  mint,
  revoke: endKey,
  destroy: removeKey,
};
