/** No API to mint or to end: a person does both in a dashboard. After Postmark, which at least lists. */
import { refused } from "../refusals.ts";
import type { Key, Truth } from "../truth.ts";
import type { MintKind } from "./issuer.ts";
import { chosenBy, endKey, exact, listed, newId, removeKey } from "./issuer.ts";

/** Nobody's call made it, so it is not `ours`: the ledger knows it only once its value was sealed. */
export function makeByHand(truth: Truth): Key {
  const id = newId(truth, "hand");
  return truth.add({ id, value: chosenBy(truth, id), ours: false });
}

export const manual: MintKind = {
  original: (truth) => {
    const id = newId(truth, "hand");
    return truth.add({ id, value: chosenBy(truth, id), ours: false, acceptedFrom: truth.now() });
  },
  list: (truth) => listed(truth, (key) => ({ id: key.id, enabled: key.enabled, createdAt: exact(key.createdAt) })),
  mint: () => {
    const remedy = "Make it in the dashboard and hand it in sealed.";
    throw refused("issuer.mint", "RequestRefused", "This vendor mints only in its dashboard.", remedy);
  },
  revoke: endKey,
  destroy: removeKey,
};
