/** We choose the value, and the same order again has the same outcome. After Vault's custom secret ids, Postgres roles and random bearers. */
import type { Fields } from "../places.ts";
import { refused } from "../refusals.ts";
import { fieldsOf, isPublic } from "../shape.ts";
import type { Key, Truth } from "../truth.ts";
import type { MintKind, WireKey, WireMint, WireMinted } from "./issuer.ts";
import { endKey, exact, existing, listed, removeKey } from "./issuer.ts";

/** The attempt's id: the last part of a marker. */
export function attemptOf(marker: string): string {
  return marker.slice(marker.lastIndexOf("/") + 1);
}

function sameValue(a: Fields, b: Fields): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}

function show(key: Key): WireKey {
  return {
    id: key.id,
    enabled: key.enabled,
    createdAt: exact(key.createdAt),
    ...(key.marker === undefined ? {} : { marker: key.marker }),
  };
}

export function proposalOf(truth: Truth, order: WireMint): Fields {
  const { proposed } = order;
  const missing = fieldsOf(truth.setup).filter((field) => !proposed?.[field]);
  if (proposed && missing.length === 0) {
    for (const [field, text] of Object.entries(proposed)) if (!isPublic(field)) truth.note(text);
    return proposed;
  }
  throw refused("issuer.mint", "ProposalMissing", "There is no whole proposed value.", "Request the rotation again.");
}

/** What was ended or replaced is not brought back by an order that comes late. */
export function slotChanged(): Error {
  const remedy = "See who else changes it, and request another rotation.";
  return refused("issuer.mint", "SlotChanged", "The place has changed since this was decided.", remedy);
}

export function mintedAgain(key: Key, value: Fields): WireMinted {
  if (!key.destroyed && key.enabled && sameValue(key.value, value)) return { id: key.id, value };
  throw slotChanged();
}

function mint(truth: Truth, order: WireMint): WireMinted {
  const value = proposalOf(truth, order);
  const id = `key@${attemptOf(order.marker)}`;
  const before = truth.keys.get(id);
  if (before) return mintedAgain(before, value);
  truth.add({ id, value, marker: order.marker, ours: true });
  truth.judge(`issuer.mint ${id}`);
  return { id, value };
}

function original(truth: Truth): Key {
  const id = "key@0";
  const value = Object.fromEntries(fieldsOf(truth.setup).map((name) => [name, isPublic(name) ? id : truth.canary()]));
  return truth.add({ id, value, ours: false, acceptedFrom: truth.now() });
}

export const keyring: MintKind = {
  original,
  list: (truth) => listed(truth, show),
  mint,
  revoke: endKey,
  destroy: removeKey,
};

const STILL_ACCEPTED = {
  kind: "AcceptorsKeepOldValue",
  message: "No vendor can end it: it is dead once every acceptor has dropped it.",
  remedy: "Make sure that no acceptor holds the old value.",
};

/** No vendor at all: nothing is listed, and nothing can be ended but by those who accept it. */
export const acceptors: MintKind = {
  original,
  list: () => [],
  mint,
  revoke: (truth, id) => (existing(truth, id) ? [STILL_ACCEPTED] : []),
  destroy: (truth, id) => (existing(truth, id) ? [STILL_ACCEPTED] : []),
};
