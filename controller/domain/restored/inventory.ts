/** Who owns what the vendor has, when the ledger may have forgotten some of it. Pure. */
import type { IssuedKey, KeyId } from "../../../adapters/contract.ts";
import { attemptIn } from "../drift/vendor.ts";
import { isOfInstall } from "./happened.ts";
import type { Happened, Known } from "./subject.ts";

/**
 * `current`: in use. `before`: what the ledger takes for the one in use. `retired`: an old one that the ledger knows. `attempt`: of a mint
 * that the ledger knows. `forgotten`: minted by this install, and the ledger does not know it. `stranger`: nobody's business of Velvet.
 */
export type Owner = "current" | "before" | "retired" | "attempt" | "forgotten" | "stranger";

export interface VendorEntry {
  readonly id: KeyId;
  readonly enabled: boolean;
  readonly owner: Owner;
  /** Its marker names this very Credential. */
  readonly isOurs: boolean;
  /** The vendor ends it by itself. */
  readonly expiresAt?: string;
}

export function inventoryOf(known: Known, happened: Happened): VendorEntry[] {
  return known.sight.keys.map((key) => ({
    id: key.id,
    enabled: key.enabled,
    owner: ownerOf(known, happened, key),
    isOurs: key.marker?.includes(`/${known.subject.credential}/`) === true,
    ...(key.expiresAt === undefined ? {} : { expiresAt: key.expiresAt }),
  }));
}

function ownerOf({ subject, sight, install }: Known, happened: Happened, key: IssuedKey): Owner {
  const { held } = sight;
  const inUse = held === "nothing" ? undefined : held.is === "ledger" ? subject.currentId : held.id;
  if (key.id === inUse && happened !== "ended") return "current";
  if (key.id === subject.currentId) return "before";
  if (subject.retired.some(({ vendorId }) => vendorId === key.id)) return "retired";
  if (sight.attempts.some(({ id, vendorId }) => vendorId === key.id || id === attemptIn(key))) return "attempt";
  return isOfInstall(install, key) ? "forgotten" : "stranger";
}
