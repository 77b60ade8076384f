/** From fields of a value to the keys of one place, and back. */
import type { Observed } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Secret } from "../../adapters/secret.ts";
import type { ConsumerKey } from "../../crds/kinds.gen.ts";
import type { SealScope } from "../custody/seal.ts";
import { seal, unseal } from "../custody/seal.ts";
import { CUSTODY } from "../domain/consumers.ts";
import type { AttemptRow, Snapshot, World } from "../domain/world.ts";
import type { Deps } from "./deps.ts";

/** Which field goes under which key, for a consumer or for custody (by default every field under its own name). */
export function keysOf(snapshot: Snapshot, id: string, fields: readonly string[]): readonly ConsumerKey[] {
  const { spec } = snapshot.credential;
  if (id !== CUSTODY) return spec.consumers.find((consumer) => consumer.id === id)?.keys ?? [];
  return spec.custody?.keys ?? fields.map((name) => ({ field: name, name }));
}

/** Key name to what is to stand there; null: nothing. */
export type Entries = Readonly<Record<string, Secret | null>>;

/**
 * What is to be written: the value under its keys and, for an acceptor, the one before in its second slot. A field that the value lacks is
 * named in `missing`.
 */
export function entriesFor(
  keys: readonly ConsumerKey[],
  value: SecretFields,
  previous?: SecretFields,
): { readonly entries: Entries; readonly missing: readonly string[] } {
  const entries: Record<string, Secret | null> = {};
  const missing: string[] = [];
  for (const key of keys) {
    const secret = value[key.field];
    if (secret) entries[key.name] = secret;
    else missing.push(key.field);
    if (key.previousKey !== undefined) entries[key.previousKey] = previous?.[key.field] ?? null;
  }
  return { entries, missing };
}

/** What a place holds, by field. Undefined where not one of the keys is there. */
export function fieldsFrom(keys: readonly ConsumerKey[], observed: Observed): SecretFields | undefined {
  const found: Record<string, Secret> = {};
  for (const key of keys) {
    const value = observed.keys[key.name]?.value;
    if (value && !value.isEmpty) found[key.field] = value;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** True when the place holds exactly this. */
export function holds(entries: Entries, observed: Observed): boolean {
  return Object.entries(entries).every(([name, wanted]) => {
    const here = observed.keys[name]?.value;
    if (wanted === null) return here === undefined || here.isEmpty;
    return here !== undefined && here.equals(wanted);
  });
}

function scopeOf(deps: Deps, world: World, attempt: string): SealScope {
  return { install: deps.install, credential: world.rotation.credential, attempt, purpose: "new" };
}

/** A new value of an attempt, as base64 ciphertext. */
export function sealedNew(deps: Deps, world: World, attempt: string, value: SecretFields): string {
  return seal(deps.keys, scopeOf(deps, world, attempt), value).toString("base64");
}

/** The new value of an attempt. Throws `Unsealable`. */
export function newValue(deps: Deps, world: World, attempt: AttemptRow): SecretFields {
  return unseal(deps.keys, scopeOf(deps, world, attempt.id), Buffer.from(attempt.sealed ?? "", "base64"));
}

/** The value that was in use when the rotation began. Undefined where there was none. Throws `Unsealable`. */
export function previousValue(deps: Deps, world: World): SecretFields | undefined {
  const sealed = world.rotation.sealedPrevious;
  if (sealed === undefined) return undefined;
  return unseal(
    deps.keys,
    { install: deps.install, credential: world.rotation.credential, attempt: world.rotation.id, purpose: "previous" },
    Buffer.from(sealed, "base64"),
  );
}
