/** What each place of a rotation is to hold. */
import type { SecretFields } from "../../adapters/secret.ts";
import { CUSTODY } from "../domain/consumers.ts";
import { hasSecondSlot } from "../domain/slots.ts";
import type { World } from "../domain/world.ts";
import { specOf } from "../domain/world.ts";
import type { Deps } from "./deps.ts";
import type { Entries } from "./value.ts";
import { entriesFor, keysOf, previousValue } from "./value.ts";

interface Place {
  readonly deps: Deps;
  readonly world: World;
  readonly id: string;
  readonly value: SecretFields;
}

/** The new value, and in an acceptor's second slot the one that callers still send. */
export function newEntries({ deps, world, id, value }: Place): ReturnType<typeof entriesFor> {
  const keys = keysOf(world.rotation.snapshot, id, world.issuer.fields);
  const two = id !== CUSTODY && hasSecondSlot(world, id);
  return entriesFor(keys, value, two ? previousValue(deps, world) : undefined);
}

/** An acceptor's second slot, empty. */
export function emptySlots(world: World, id: string): Entries {
  const slots = specOf(world, id).keys.flatMap((key) => key.previousKey ?? []);
  return Object.fromEntries(slots.map((name) => [name, null]));
}

/** A vendor that distributes by itself writes the places of its own account, and nobody else does. */
export function isVendorWritten(world: World, id: string): boolean {
  if (world.issuer.mintClass !== "vendor-distributed" || id === CUSTODY) return false;
  return specOf(world, id).account === world.rotation.snapshot.credential.spec.issuer.account;
}
