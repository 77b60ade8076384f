/** Disables an access key, deletes it, or lets it in again. */
import type { KeyId, Residual } from "../contract.ts";
import type { Access } from "./access.ts";
import { keyOfAnother, ownKey, restoredTooLate } from "./faults.ts";
import type { Keys } from "./keys.ts";

/** Nothing is removed: an inactive key goes on counting against the two that a user may have. */
export async function revoke(access: Access, keys: Keys, id: KeyId, signal: AbortSignal): Promise<readonly Residual[]> {
  refuseOwn(access, "iam:UpdateAccessKey", id);
  if ((await keys.setStatus(id, "Inactive", signal)) === "gone") await refuseMoved(keys, id, signal);
  return [];
}

export async function destroy(
  access: Access,
  keys: Keys,
  id: KeyId,
  signal: AbortSignal,
): Promise<readonly Residual[]> {
  refuseOwn(access, "iam:DeleteAccessKey", id);
  if ((await keys.remove(id, signal)) === "gone") await refuseMoved(keys, id, signal);
  return [];
}

export async function restore(keys: Keys, id: KeyId, signal: AbortSignal): Promise<void> {
  if ((await keys.setStatus(id, "Active", signal)) === "gone") throw restoredTooLate(id);
}

function refuseOwn(access: Access, operation: string, id: KeyId): void {
  if (access.ownKeyId() === id) throw ownKey(operation, id);
}

/**
 * AWS says "no such key" of a key that another user has too: the block may have been edited since the mint. Such a key is alive, and
 * taking it for gone would leave it so.
 */
async function refuseMoved(keys: Keys, id: KeyId, signal: AbortSignal): Promise<void> {
  const owner = (await keys.lastUseIfAllowed(id, signal))?.user;
  if (owner !== undefined && owner !== "" && owner !== keys.user)
    throw keyOfAnother("iam:GetAccessKeyLastUsed", id, keys.user);
}
