/** A mint succeeded, and the ledger does not take it any more: another replica holds the rotation, or the ledger is away for too long. */
import type { MintClass } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import type { World } from "../../domain/world.ts";
import { attemptOwner } from "../../ledger/tombstones.ts";
import type { Pass } from "../effect.ts";
import { call } from "../effect.ts";
import { endKey } from "../end-key.ts";

export interface Unrecorded {
  readonly attempt: string;
  readonly id: string;
  /** For a vendor that ends only what it is shown: nobody but us has it. */
  readonly value: SecretFields;
  /** True when the ledger answered, and somebody else has the rotation. */
  readonly fenced: boolean;
}

/** Their values are shown once: what we hold and could not seal is of no use to anybody. */
const SHOWN_ONCE: ReadonlySet<MintClass> = new Set<MintClass>(["markable", "unmarked"]);

/**
 * Ends what we made, unless it has an owner or may still get one. Never throws: whatever stays is found by whoever resolves the attempt,
 * or by its tombstone.
 */
export async function compensate(pass: Pass, world: World, { attempt, id, value, fenced }: Unrecorded): Promise<void> {
  const { deps } = pass;
  if (!SHOWN_ONCE.has(world.issuer.mintClass)) return;
  if (await isOwned(pass, attempt, id, fenced)) return;
  // The claim's own signal has been aborted by now.
  const outcome = await call(deps, "issuer.compensate", new AbortController().signal, async (signal) =>
    endKey(deps.accounts.issuer(world.rotation.snapshot), id, signal, () => value),
  );
  const facts = { rotation: pass.journal.claim.id, attempt, vendorId: id, outcome: outcome.kind };
  deps.log.warn(facts, "a new credential that could not be recorded was ended again");
}

/** A write whose answer was lost may have been made all the same: only the ledger can tell. */
async function isOwned({ deps }: Pass, attempt: string, id: string, fenced: boolean): Promise<boolean> {
  try {
    const owner = await attemptOwner(deps.db, attempt);
    return owner?.vendorId === id;
  } catch {
    // Unreachable: it is left to whoever resolves the attempt. Fenced and unreachable cannot both be for long.
    return !fenced;
  }
}
