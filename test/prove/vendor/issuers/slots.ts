/** Slots that take turns, like the login roles of a database: an id is slot and generation, compared and altered in one step. */
import { fieldsOf, isPublic, maxLiveOf } from "../shape.ts";
import type { Key, Truth } from "../truth.ts";
import { attemptOf, mintedAgain, proposalOf, slotChanged } from "./client-supplied.ts";
import type { MintKind, WireKey, WireMint, WireMinted } from "./issuer.ts";
import { endKey, exact, removeKey } from "./issuer.ts";

export function slotNames(most: number): readonly string[] {
  return Array.from({ length: most }, (_, index) => `slot_${"abcdefgh"[index] ?? index}`);
}

/** Empty where nothing ever stood in the slot. */
function slotOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf("@")));
}

/** The newest that stood in each slot, destroyed ones included. */
function tenants(truth: Truth): ReadonlyMap<string, Key> {
  return new Map([...truth.keys.values()].map((key) => [slotOf(key.id), key]));
}

/** A destroyed one leaves an empty slot, which is no credential and has a name of its own. */
function show(key: Key): WireKey {
  const slot = slotOf(key.id);
  if (key.destroyed) return { id: `${slot}@free.${key.id.slice(slot.length + 1)}`, enabled: false };
  return {
    id: key.id,
    enabled: key.enabled,
    createdAt: exact(key.createdAt),
    ...(key.marker === undefined ? {} : { marker: key.marker }),
  };
}

function list(truth: Truth): readonly WireKey[] {
  return [...tenants(truth).values()].map(show);
}

function mint(truth: Truth, order: WireMint): WireMinted {
  const value = proposalOf(truth, order);
  const slot = wantedSlot(truth, order);
  const id = `${slot}@${attemptOf(order.marker)}`;
  const tenant = tenants(truth).get(slot);
  const before = truth.keys.get(id);
  if (before && before === tenant) return mintedAgain(before, value);
  if (before || !isAsExpected(slot, tenant, order)) throw slotChanged();
  // The slot's password is replaced: whoever stood there is gone.
  if (tenant) tenant.destroyed = true;
  truth.add({ id, value, marker: order.marker, ours: true });
  truth.judge(`issuer.mint ${id}`);
  return { id, value };
}

/** The slot is as it was listed when the order was made. */
function isAsExpected(slot: string, tenant: Key | undefined, { inventory }: WireMint): boolean {
  const expected = inventory.find((key) => slotOf(key.id) === slot);
  if (!tenant || !expected) return !tenant && !expected;
  const now = show(tenant);
  return now.id === expected.id && now.enabled === expected.enabled;
}

/** The slot that the proposal names; without a public field it is the one that is neither in use nor enabled. */
function wantedSlot(truth: Truth, order: WireMint): string {
  const named = fieldsOf(truth.setup).find(isPublic);
  if (named !== undefined) return order.proposed?.[named] ?? "";
  return idleSlot(maxLiveOf(truth.setup) ?? 2, order.inventory, order.currentId) ?? "";
}

/** Undefined where every slot is taken. */
export function idleSlot(
  most: number,
  inventory: readonly WireKey[],
  currentId: string | undefined,
): string | undefined {
  const inUse = currentId === undefined ? undefined : slotOf(currentId);
  return slotNames(most).find(
    (slot) => slot !== inUse && inventory.find((key) => slotOf(key.id) === slot)?.enabled !== true,
  );
}

export const slots: MintKind = {
  original: (truth) => {
    const [slot = ""] = slotNames(1);
    const fields = fieldsOf(truth.setup).map((name) => [name, isPublic(name) ? slot : truth.canary()]);
    return truth.add({ id: `${slot}@0`, value: Object.fromEntries(fields), ours: false, acceptedFrom: truth.now() });
  },
  list,
  mint,
  revoke: endKey,
  destroy: removeKey,
};
