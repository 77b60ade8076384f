/** Old credentials after their quarantine: destroyed at the vendor, tried again until it says that they are gone. */
import type { RetiredClaim } from "../ledger/retired.ts";
import { claimRetired, retiredDestroyed, retiredPostponed } from "../ledger/retired.ts";
import type { Deps } from "./deps.ts";
import { call } from "./effect.ts";

const BATCH = 16;
const FIRST_MS = 10_000;
const LONGEST_MS = 3_600_000;

/** One look at what is due. Returns how many were due. */
export async function destroyRetired(deps: Deps): Promise<number> {
  const due = await claimRetired(deps.db, BATCH, deps.leaseMs);
  await Promise.all(due.map(async (claim) => destroyOne(deps, claim)));
  return due.length;
}

async function destroyOne(deps: Deps, claim: RetiredClaim): Promise<void> {
  const { credential, vendorId } = claim;
  const issuer = deps.accounts.issuer(claim.snapshot);
  const outcome = await call(deps, "issuer.destroy", new AbortController().signal, async (signal) =>
    issuer.destroy(vendorId, signal),
  );
  if (outcome.kind === "done") {
    await retiredDestroyed(deps.db, claim, outcome.value);
    deps.log.info({ credential, vendorId }, "destroyed a retired credential");
    return;
  }
  const { reason, message } = outcome.cause;
  const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(claim.tries, 20));
  await retiredPostponed(deps.db, claim, wait, { reason, message });
  deps.log.warn({ credential, vendorId, reason }, message);
}
