import type { Issuer, KeyId, Residual } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import { Unsealable } from "../custody/seal.ts";

/** Asked for only where the vendor needs it. */
export type ValueOf = () => SecretFields | undefined;

/** Ends exactly this id, as `Issuer.revoke` does, with its value where the vendor ends only what it is shown. */
export async function revokeKey(
  issuer: Issuer,
  id: KeyId,
  signal: AbortSignal,
  valueOf: ValueOf,
): Promise<readonly Residual[]> {
  const value = issuer.traits.revokeNeeds === "value" ? unsealed(valueOf) : undefined;
  return value ? issuer.revoke(id, signal, value) : issuer.revoke(id, signal);
}

/** What cannot be opened any more is as good as lost: the adapter says what a person can do. */
function unsealed(valueOf: ValueOf): SecretFields | undefined {
  try {
    return valueOf();
  } catch (error) {
    if (error instanceof Unsealable) return undefined;
    throw error;
  }
}

/** Ends a credential that nobody uses, for good and at once: without the grace that an old one has. Already gone is success. */
export async function endKey(
  issuer: Issuer,
  id: KeyId,
  signal: AbortSignal,
  valueOf: ValueOf = () => undefined,
): Promise<readonly Residual[]> {
  const left = await revokeKey(issuer, id, signal, valueOf);
  return [...left, ...(issuer.traits.revocation === "quarantine" ? await issuer.destroy(id, signal) : [])];
}
