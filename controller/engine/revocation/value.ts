/** What is sealed with a Revocation: the old value, and what the pre-empted rotation had minted where its vendor ends only what it is shown. */
import type { SecretFields } from "../../../adapters/secret.ts";
import { seal } from "../../custody/seal.ts";
import type { World } from "../../domain/world.ts";
import type { Deps } from "../deps.ts";
import { previousValue } from "../value.ts";

/** No field of an issuer has a space in its name. */
const MINTED = "minted ";

export interface Sealed {
  readonly old?: SecretFields | undefined;
  readonly minted?: SecretFields | undefined;
}

/** Undefined where there is nothing to seal. */
export function sealBoth(
  deps: Deps,
  { credential, rotation }: { readonly credential: string; readonly rotation: string },
  { old = {}, minted = {} }: Sealed,
): Buffer | undefined {
  const prefixed = Object.entries(minted).map(([field, secret]) => [MINTED + field, secret] as const);
  const all = { ...old, ...Object.fromEntries(prefixed) };
  if (Object.keys(all).length === 0) return undefined;
  return seal(deps.keys, { install: deps.install, credential, attempt: rotation, purpose: "previous" }, all);
}

/** Throws `Unsealable`. */
export function openBoth(deps: Deps, world: World): Sealed {
  const all = Object.entries(previousValue(deps, world) ?? {});
  const old = all.filter(([field]) => !field.startsWith(MINTED));
  const minted = all.filter(([field]) => field.startsWith(MINTED));
  return {
    ...(old.length > 0 ? { old: Object.fromEntries(old) } : {}),
    ...(minted.length > 0
      ? { minted: Object.fromEntries(minted.map(([field, secret]) => [field.slice(MINTED.length), secret])) }
      : {}),
  };
}
