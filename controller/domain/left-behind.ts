/** The credential that the ledger took for the current one, where custody turns out to hold another. Pure. */
import type { IssuedKey, KeyId, Residual } from "../../adapters/contract.ts";
import type { World } from "./world.ts";

/**
 * The ledger's current id, where the value in use is another one's and the vendor still has it enabled. Whoever identifies another one as
 * current takes its owner away from it: it has to become a retired id in the same transaction (I3). Somebody may still hold it.
 */
export function leftBehind(
  { credential, retired, rotation, issuer }: World,
  previousId: KeyId | undefined,
  keys: readonly IssuedKey[],
): KeyId | undefined {
  const { currentId } = credential;
  if (currentId === undefined || previousId === undefined || currentId === previousId) return undefined;
  if (rotation.flow === "Testing" || issuer.authority !== "vendor") return undefined;
  if (retired.some(({ vendorId }) => vendorId === currentId)) return undefined;
  return keys.some(({ id, enabled }) => id === currentId && enabled) ? currentId : undefined;
}

export function leftBehindResidual(id: KeyId): Residual {
  return {
    kind: "OldCredentialLive",
    message: `${id} was the current one for the ledger, custody holds another, and it is still live: consumers may hold it until they are given the new one.`,
    remedy: "Destroy it with DestroyRetired once nobody holds it any more, or MarkRevoked.",
  };
}
