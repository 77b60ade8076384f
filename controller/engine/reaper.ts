/** The reaper: looks again for what a mint may have left, ends what is certainly ours and nobody's, and names the rest. */
import type { IssuedKey, KeyId } from "../../adapters/contract.ts";
import type { Attribution } from "../domain/attribution.ts";
import { attribute, BY_GENERATION, BY_MARKER } from "../domain/attribution.ts";
import type { Cause } from "../domain/backoff.ts";
import { afterFailure, afterLook } from "../domain/tombstone.ts";
import { SHORTEST_GRACE_MS } from "../domain/grace.ts";
import type { Known, TombstoneClaim } from "../ledger/tombstones.ts";
import { claimTombstones, knownIds, tombstoneLooked, tombstonePostponed } from "../ledger/tombstones.ts";
import { type Deps, within } from "./deps.ts";
import { call } from "./effect.ts";
import { endKey } from "./end-key.ts";

const BATCH = 16;

/** One look at what is due. Returns how many were. */
export async function tendTombstones(deps: Deps): Promise<number> {
  const due = await claimTombstones(deps.db, BATCH, deps.leaseMs);
  await Promise.all(due.map(async (claim) => tendOne(deps, claim)));
  return due.length;
}

async function tendOne(deps: Deps, claim: TombstoneClaim): Promise<void> {
  return within(deps, { rotation: claim.rotation, attempt: claim.attempt }, async () => tend(deps, claim));
}

async function tend(deps: Deps, claim: TombstoneClaim): Promise<void> {
  const listed = await call(deps, "issuer.list", never(), async (signal) => issuerOf(deps, claim).list(signal));
  if (listed.kind !== "done") return postpone(deps, claim, listed.cause);
  const known = await knownIds(deps.db, claim);
  const { mintClass } = deps.accounts.issuerTraits(claim.snapshot);
  // A vendor without markers: what appeared may belong to the mint that is under way.
  if (known.minting && !BY_MARKER.has(mintClass)) return wait(deps, claim);
  const exclusive = claim.snapshot.credential.spec.exclusive === true;
  const found = attribute(claim, listed.value, known.ids, { mintClass, exclusive });
  const failed =
    (await endAll(deps, claim, found.ours)) ?? (await keepAlive(deps, claim, listed.value, { found, known }));
  if (failed) return postpone(deps, claim, failed);
  const endless = BY_GENERATION.has(mintClass);
  const look = afterLook(claim.looks, found.ours.length, found.doubtful.length > 0, endless);
  const { ours: revoked, doubtful } = found;
  await tombstoneLooked(deps.db, claim, { ...look, revoked, doubtful, retire: !endless });
  tell(deps, claim, found);
}

function tell(deps: Deps, { rotation, attempt }: TombstoneClaim, { ours, doubtful }: Attribution): void {
  if (ours.length > 0) deps.log.warn({ rotation, attempt, vendorIds: ours }, "an orphan was ended");
  if (doubtful.length > 0) deps.log.error({ rotation, attempt, vendorIds: doubtful }, "an orphan is suspected");
}

interface Seen {
  readonly found: Attribution;
  readonly known: Known;
}

/** A mint that landed after its time put a date on the value in use: it is moved, until a person has rotated again. */
async function keepAlive(
  deps: Deps,
  claim: TombstoneClaim,
  keys: readonly IssuedKey[],
  { found, known }: Seen,
): Promise<Cause | undefined> {
  if (found.doubtful.length === 0) return undefined;
  const dated = keys.filter((key) => key.expiresAt !== undefined && known.used.has(key.id));
  for (const { id } of dated) {
    const until = new Date(deps.clock.now().getTime() + SHORTEST_GRACE_MS).toISOString();
    const moved = await call(deps, "issuer.keep", never(), async (signal) =>
      issuerOf(deps, claim).moveGrace?.(id, until, signal),
    );
    if (moved.kind !== "done") return moved.cause;
  }
  return undefined;
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function issuerOf(deps: Deps, claim: TombstoneClaim) {
  return deps.accounts.issuer(claim.snapshot);
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

/** No failure that anybody is told of: what is looked for can be told from the other mint only when that has an outcome. */
async function wait(deps: Deps, claim: TombstoneClaim): Promise<void> {
  const { waitMs } = afterFailure(claim.tries);
  await tombstonePostponed(deps.db, claim, { state: "watching", waitMs }, ANOTHER_MINT);
}

const ANOTHER_MINT = { reason: "MintAwaited", message: "Another mint of the same credential has no outcome yet." };
