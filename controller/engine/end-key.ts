import type { Issuer, KeyId, Residual } from "../../adapters/contract.ts";

/** Ends a credential that nobody uses, for good and at once: without the grace that an old one has. Already gone is success. */
export async function endKey(issuer: Issuer, id: KeyId, signal: AbortSignal): Promise<readonly Residual[]> {
  const left = await issuer.revoke(id, signal);
  return [...left, ...(issuer.traits.revocation === "quarantine" ? await issuer.destroy(id, signal) : [])];
}
