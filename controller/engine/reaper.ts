/** The reaper: looks again for what a mint may have left, ends what is certainly ours and nobody's, and names the rest. */
import type { IssuedKey, KeyId } from "../../adapters/contract.ts";
import type { Attribution } from "../domain/attribution.ts";
import { attribute } from "../domain/attribution.ts";
import type { Cause } from "../domain/backoff.ts";
import { afterFailure, afterLook } from "../domain/tombstone.ts";
import type { TombstoneClaim } from "../ledger/tombstones.ts";
import { claimTombstones, knownIds, tombstoneLooked, tombstonePostponed } from "../ledger/tombstones.ts";
import type { Deps } from "./deps.ts";
import { call } from "./effect.ts";
import { endKey } from "./end-key.ts";

const BATCH = 16;
/** Another mint of the same credential is under way: what it makes is not ours to judge. */
const AFTER_MINT_MS = 10_000;

/** One look at what is due. Returns how many were. */
export async function tendTombstones(deps: Deps): Promise<number> {
  const due = await claimTombstones(deps.db, BATCH, deps.leaseMs);
  await Promise.all(due.map(async (claim) => tendOne(deps, claim)));
  return due.length;
}

async function tendOne(deps: Deps, claim: TombstoneClaim): Promise<void> {
  const { rotation, attempt } = claim;
  const listed = await call(deps, "issuer.list", never(), async (signal) => issuerOf(deps, claim).list(signal));
  if (listed.kind !== "done") return postpone(deps, claim, listed.cause);
  const known = await knownIds(deps.db, claim);
  const found = attributionOf(deps, claim, listed.value, known.ids);
  // A vendor without markers: what appeared may belong to the mint that is under way.
  if (known.minting && !isMarked(deps, claim)) return wait(deps, claim);
  const failed = await endAll(deps, claim, found.ours);
  if (failed) return postpone(deps, claim, failed);
  const look = afterLook(claim.looks, found.ours.length, found.doubtful.length > 0);
  await tombstoneLooked(deps.db, claim, { ...look, revoked: found.ours, doubtful: found.doubtful });
  if (found.ours.length > 0) deps.log.warn({ rotation, attempt, vendorIds: found.ours }, "an orphan was ended");
  if (found.doubtful.length > 0)
    deps.log.error({ rotation, attempt, vendorIds: found.doubtful }, "an orphan is suspected");
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function issuerOf(deps: Deps, claim: TombstoneClaim) {
  return deps.accounts.issuer(claim.snapshot);
}

function isMarked(deps: Deps, claim: TombstoneClaim): boolean {
  return deps.accounts.issuerTraits(claim.snapshot).mintClass !== "unmarked";
}

function attributionOf(
  deps: Deps,
  claim: TombstoneClaim,
  keys: readonly IssuedKey[],
  known: ReadonlySet<KeyId>,
): Attribution {
  const { mintClass } = deps.accounts.issuerTraits(claim.snapshot);
  const exclusive = claim.snapshot.credential.spec.exclusive === true;
  return attribute(claim, keys, known, { mintClass, exclusive });
}

async function endAll(deps: Deps, claim: TombstoneClaim, ids: readonly KeyId[]): Promise<Cause | undefined> {
  for (const id of ids) {
    const ended = await call(deps, "issuer.reap", never(), async (signal) => endKey(issuerOf(deps, claim), id, signal));
    if (ended.kind !== "done") return ended.cause;
  }
  return undefined;
}

async function postpone(deps: Deps, claim: TombstoneClaim, { reason, message }: Cause): Promise<void> {
  await tombstonePostponed(deps.db, claim, afterFailure(claim.tries), { reason, message });
  deps.log.warn({ rotation: claim.rotation, attempt: claim.attempt, reason }, message);
}

async function wait(deps: Deps, claim: TombstoneClaim): Promise<void> {
  await tombstoneLooked(deps.db, claim, {
    state: "watching",
    counted: 0,
    nextMs: AFTER_MINT_MS,
    revoked: [],
    doubtful: [],
  });
}
