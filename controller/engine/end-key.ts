import type { Issuer, KeyId, Residual } from "../../adapters/contract.ts";
import { Terminal } from "../../adapters/errors.ts";
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
  if (issuer.traits.revokeNeeds !== "value") return issuer.revoke(id, signal);
  const value = unsealed(valueOf);
  // What ends by itself needs no person: the issuer says when it is over.
  if (value ?? issuer.traits.endsByItselfMs) return issuer.revoke(id, signal, value);
  throw new Terminal(
    {
      reason: "ValueNeeded",
      message: "The vendor ends a credential only for whoever shows its value, and Velvet does not have it any more.",
      remedy: "End it in the vendor's dashboard, then say so with MarkRevoked and a ticket.",
    },
    { vendor: "velvet", operation: "revoke" },
  );
}

/** What cannot be opened any more is as good as lost. */
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
