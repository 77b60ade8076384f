/** From fields of a value to the keys of one place, and back. */
import type { Observed } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Secret } from "../../adapters/secret.ts";
import type { ConsumerKey } from "../../crds/kinds.gen.ts";
import { unseal } from "../custody/seal.ts";
import { CUSTODY } from "../domain/consumers.ts";
import type { AttemptRow, Snapshot, World } from "../domain/world.ts";
import type { Deps } from "./deps.ts";

/** Which field goes under which key, for a consumer or for custody (by default every field under its own name). */
export function keysOf(snapshot: Snapshot, id: string, fields: readonly string[]): readonly ConsumerKey[] {
  const { spec } = snapshot.credential;
  if (id !== CUSTODY) return spec.consumers.find((consumer) => consumer.id === id)?.keys ?? [];
  return spec.custody?.keys ?? fields.map((name) => ({ field: name, name }));
}

/** What is to be written: key name to value. A field that the value lacks is named in `missing`. */
export function entriesFor(
  keys: readonly ConsumerKey[],
  value: SecretFields,
): { readonly entries: Record<string, Secret>; readonly missing: readonly string[] } {
  const entries: Record<string, Secret> = {};
  const missing: string[] = [];
  for (const key of keys) {
    const secret = value[key.field];
    if (secret) entries[key.name] = secret;
    else missing.push(key.field);
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

/** True when the place holds exactly these values under its keys. */
export function holds(keys: readonly ConsumerKey[], observed: Observed, value: SecretFields): boolean {
  return keys.every((key) => {
    const here = observed.keys[key.name]?.value;
    const wanted = value[key.field];
    return here !== undefined && wanted !== undefined && here.equals(wanted);
  });
}

/** The new value of an attempt. Throws `Unsealable`. */
export function newValue(deps: Deps, world: World, attempt: AttemptRow): SecretFields {
  return unseal(
    deps.keys,
    { install: deps.install, credential: world.rotation.credential, attempt: attempt.id, purpose: "new" },
    Buffer.from(attempt.sealed ?? "", "base64"),
  );
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
