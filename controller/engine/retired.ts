/** Old credentials with a life of their own: destroyed after their quarantine, or brought back, or as a person decides. */
import type { Issuer, Residual } from "../../adapters/contract.ts";
import { isAdapterError, Terminal } from "../../adapters/errors.ts";
import { answerAboutRetired } from "../domain/retired.ts";
import type { RetiredClaim } from "../ledger/retired.ts";
import { claimRetired, retiredEnded, retiredPostponed } from "../ledger/retired.ts";
import type { RetiredDecision } from "../ledger/retired-decisions.ts";
import { answerRetired, retiredDecisions } from "../ledger/retired-decisions.ts";
import { type Deps, within } from "./deps.ts";
import { call } from "./effect.ts";
import { revokeKey } from "./end-key.ts";

const BATCH = 16;
const FIRST_MS = 10_000;
const LONGEST_MS = 3_600_000;

/** Answers what people decided, then one look at what is due. Returns how many were due or answered. */
export async function tendRetired(deps: Deps): Promise<number> {
  const decisions = await retiredDecisions(deps.db, BATCH);
  for (const decision of decisions) {
    const canRestore = canBeRestored(deps, decision);
    await answerRetired(deps.db, decision, answerAboutRetired({ ...decision, canRestore }), deps.random);
  }
  // What was claimed long ago may have been decided otherwise since.
  const begunAt = deps.clock.monotonicMs();
  const due = await claimRetired(deps.db, BATCH, deps.leaseMs);
  await Promise.all(
    due.map(async (claim) => {
      const { rotation, credential, vendorId } = claim;
      return within(deps, { rotation, credential, vendorId }, async () => tendOne(deps, claim, begunAt));
    }),
  );
  return due.length + decisions.length;
}

/** An account that cannot be opened now says nothing of what its vendor can do: then it is tried. */
function canBeRestored(deps: Deps, { snapshot }: RetiredDecision): boolean {
  if (snapshot === null) return false;
  try {
    return deps.accounts.issuer(snapshot).restore !== undefined;
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return true;
  }
}

async function tendOne(deps: Deps, claim: RetiredClaim, begunAt: number): Promise<void> {
  const { credential, vendorId, wish } = claim;
  const tend = async (signal: AbortSignal): Promise<readonly Residual[]> => {
    const issuer = deps.accounts.issuer(claim.snapshot);
    return wish === "restore" ? bringBack(issuer, vendorId, signal) : end(issuer, claim, signal);
  };
  const outcome = await call(deps, `issuer.${wish}`, new AbortController().signal, tend, begunAt);
  if (outcome.kind === "done") {
    await retiredEnded(deps.db, claim, wish === "restore" ? "restored" : "destroyed", outcome.value);
    deps.log.info({ credential, vendorId, wish }, "a retired credential was tended");
    return;
  }
  const { reason, message } = outcome.cause;
  const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(claim.tries, 20));
  await retiredPostponed(deps.db, claim, wait, { reason, message });
  deps.log.warn({ credential, vendorId, wish, reason }, message);
}

async function bringBack(issuer: Issuer, id: string, signal: AbortSignal): Promise<readonly Residual[]> {
  if (!issuer.restore) {
    throw new Terminal(
      { reason: "CannotRestore", message: "This vendor cannot bring a disabled credential back." },
      { vendor: "velvet", operation: "restore" },
    );
  }
  await issuer.restore(id, signal);
  return [];
}

/** One that is live (after an abort that kept the new one, or brought back) is disabled first. */
async function end(
  issuer: Issuer,
  { vendorId, state }: RetiredClaim,
  signal: AbortSignal,
): Promise<readonly Residual[]> {
  const left = state === "quarantined" ? [] : await revokeKey(issuer, vendorId, signal, () => undefined);
  return [...left, ...(await issuer.destroy(vendorId, signal))];
}
