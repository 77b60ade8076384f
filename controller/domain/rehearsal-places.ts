/** Where credentials live, so that a rehearsal never writes there. Pure. What is compared is what adapters say that a block touches. */
import type { Adapter } from "../../adapters/contract.ts";
import type { ConsumerKey, ConsumerSpec, CredentialSpec } from "../../crds/kinds.gen.ts";
import { atSlot } from "./rehearsal.ts";

/** A Credential as far as it says where its copies are. */
export interface Neighbour {
  readonly namespace: string;
  readonly name: string;
  readonly spec: Pick<CredentialSpec, "issuer" | "custody" | "consumers">;
}

export interface Place {
  /** `orders/orders-db, consumer app`. */
  readonly of: string;
  /** Adapter and targets. Which account is left out on purpose: two accounts may lead to one vendor. */
  readonly where: string;
  /** Lower case; undefined: any. */
  readonly keys: readonly string[] | undefined;
  /** Only the key itself is live there; else whoever reads the place takes notice of every other key too. */
  readonly isFree: boolean;
  /** For people: `file path orders/.env, key TOKEN`. */
  readonly told: string;
}

export interface Conflict {
  readonly reason: "RehearsalTouchesLive" | "TestSlotTaken";
  readonly message: string;
  /** The consumer whose slot it is; empty for custody's. */
  readonly id: string;
}

type Registry = Readonly<Record<string, Adapter>>;
type Block = Readonly<Record<string, unknown>>;

export const THIS = "this Credential";

/** The live places of a Credential: custody's, and every consumer's, switched on or off. */
export function livePlaces(
  { namespace, name, spec }: Neighbour,
  registry: Registry,
  whose = `${namespace}/${name}`,
): readonly Place[] {
  const custody = spec.custody
    ? placeOf(spec.custody, spec.custody.keys ?? fieldsOf(spec, registry), registry, `${whose}, custody`)
    : [];
  return [
    ...custody,
    ...spec.consumers.flatMap((consumer) =>
      placeOf(consumer, consumer.keys, registry, `${whose}, consumer ${consumer.id}`),
    ),
  ];
}

/** The test slots of a Credential, each with its consumer. */
export function slotPlaces(
  { namespace, name, spec }: Neighbour,
  registry: Registry,
): readonly (Place & { id: string })[] {
  return spec.consumers.flatMap((consumer) => {
    const adapter = adapterOf(consumer, registry);
    const slot = adapter && atSlot(consumer, adapter);
    if (!slot) return [];
    const whose = `${namespace}/${name}, test slot of ${consumer.id}`;
    return placeOf(slot, slot.keys, registry, whose).map((place) => ({ ...place, id: consumer.id }));
  });
}

/** The places that a rehearsal's own spec writes, custody's beside the live ones among them. */
export function rehearsedPlaces(rehearsed: Neighbour, registry: Registry): readonly (Place & { id: string })[] {
  const { spec } = rehearsed;
  const custody = spec.custody
    ? placeOf(spec.custody, spec.custody.keys ?? fieldsOf(spec, registry), registry, "custody's rehearsal keys")
    : [];
  return [
    ...custody.map((place) => ({ ...place, id: "" })),
    ...spec.consumers.flatMap((slot: ConsumerSpec) =>
      placeOf(slot, slot.keys, registry, `the test slot of ${slot.id}`).map((place) => ({ ...place, id: slot.id })),
    ),
  ];
}

/** Whether one of these is a place of somebody else's, or two of them are the same. */
export function conflictOf(
  slots: readonly (Place & { id: string })[],
  live: readonly Place[],
  others: readonly Place[],
): Conflict | undefined {
  for (const [index, slot] of slots.entries()) {
    const taken = live.find((place) => (slot.isFree ? isSame(slot, place) : slot.where === place.where));
    if (taken) return touchesLive(slot, taken);
    const shared = [...slots.slice(index + 1), ...others].find((place) => isSame(slot, place));
    if (shared) return slotTaken(slot, shared);
  }
  return undefined;
}

function touchesLive(slot: Place & { id: string }, live: Place): Conflict {
  const { id, told } = slot;
  const what = id === "" ? "Custody's rehearsal" : `The test slot of ${id}`;
  const beside = isSame(slot, live) ? "" : " Whoever reads it takes notice of every key.";
  const message = `${what} is ${told}, which is live: it belongs to ${live.of}.${beside} A rehearsal writes no live place.`;
  return { reason: "RehearsalTouchesLive", id, message };
}

function slotTaken({ id, told }: Place & { id: string }, other: Place): Conflict {
  const message = `The test slot of ${id} is ${told}, and so is ${other.of}: neither could be put back as it was.`;
  return { reason: "TestSlotTaken", id, message };
}

function isSame(slot: Place, other: Place): boolean {
  if (slot.where !== other.where) return false;
  return !slot.keys || !other.keys || slot.keys.some((key) => other.keys?.includes(key));
}

function placeOf(
  block: Block,
  keys: readonly ConsumerKey[] | undefined,
  registry: Registry,
  of: string,
): readonly Place[] {
  const adapter = adapterOf(block, registry);
  if (!adapter?.roles.includes("sink")) return [];
  const targets = Object.entries(adapter.targets("sink", block[adapter.name])).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = keys?.flatMap(({ name, previousKey }) => [name, ...(previousKey === undefined ? [] : [previousKey])]);
  const what = targets.map(([field, value]) => `${field} ${value}`).join(", ");
  return [
    {
      of,
      // Several vendors take no notice of capitals; where one does, another name is easily found.
      where: JSON.stringify([adapter.name, ...targets.map(([field, value]) => [field, value.toLowerCase()])]),
      keys: names?.map((name) => name.toLowerCase()),
      isFree: adapter.sinkTraits?.(block[adapter.name] ?? {}).freeKeys === true,
      told: `${adapter.name} ${what}${names ? `, ${names.length === 1 ? "key" : "keys"} ${names.join(", ")}` : ""}`,
    },
  ];
}

/** The adapter whose block stands there: at most one does. */
function adapterOf(block: Block, registry: Registry): Adapter | undefined {
  const name = Object.keys(block).find((field) => Object.hasOwn(registry, field) && block[field] !== undefined);
  return name === undefined ? undefined : registry[name];
}

/** Custody that names no keys holds every field under its own name. */
function fieldsOf({ issuer }: Neighbour["spec"], registry: Registry): readonly ConsumerKey[] | undefined {
  const adapter = adapterOf(issuer, registry);
  const fields = adapter?.issuerTraits?.(issuer[adapter.name] ?? {}).fields;
  return fields?.map((name) => ({ field: name, name }));
}
