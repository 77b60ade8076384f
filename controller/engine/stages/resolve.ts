/** The outcome of a mint is unknown: find it out by the issuer's mint class, end what is nobody's, and watch for what comes late. */
import type { IssuedKey, Issuer, KeyId } from "../../../adapters/contract.ts";
import { Terminal } from "../../../adapters/errors.ts";
import { isWatched } from "../../domain/attribution.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { needsInventory, resolution } from "../../domain/resolution.ts";
import type { AttemptRow, Instant, World } from "../../domain/world.ts";
import type { AttemptPatch, Change } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { endKey } from "../end-key.ts";
import { newValue } from "../value.ts";
import { recordDelay } from "./delay.ts";
import { mintOnce, stateUnlessAborting } from "./mint.ts";
import { recordMinted, tombstoneOf } from "./minted.ts";

export async function resolve(pass: Pass, world: World, attempt: AttemptRow): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const keys = await inventory(pass, world, issuer);
  if (!keys) return;
  const found = resolution(world, attempt, keys, pass.journal.now());
  switch (found.do) {
    case "replay":
      return replay(pass, world, issuer, attempt);
    case "wait":
      return recordWait(pass, found.until);
    case "stall":
      return recordDelay(pass, found.cause);
    case "adopt":
      return adopt(pass, world, { issuer, attempt, ...found });
    case "give-up":
      return giveUp(pass, world, { issuer, attempt, revoke: found.revoke });
  }
}

async function inventory(pass: Pass, world: World, issuer: Issuer): Promise<readonly IssuedKey[] | undefined> {
  if (!needsInventory(world)) return [];
  const { outcome } = await effect(pass, { label: "issuer.list" }, async (signal) => issuer.list(signal));
  if (outcome.kind === "done") return outcome.value;
  await recordDelay(pass, outcome.cause);
  return undefined;
}

/** The same value under the same marker again has the same outcome, whatever became of the first call. */
async function replay(pass: Pass, world: World, issuer: Issuer, attempt: AttemptRow): Promise<void> {
  const open = patchOf(world, attempt);
  const proposed = newValue(pass.deps, world, attempt);
  await mintOnce(pass, world, { issuer, open, proposed, isReplay: true }, (live) => ({
    audit: { event: "MintReplayed", attempt: attempt.id },
    state: stateUnlessAborting(live, "minting"),
  }));
}

function patchOf(world: World, attempt: AttemptRow): AttemptPatch {
  return { ...attempt, mintClass: world.issuer.mintClass, fingerprints: {} };
}

/** Something that can still land would undo what is minted now. */
async function recordWait(pass: Pass, until: Instant): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "MintAwaited", until },
    facts: {
      ...live.facts,
      failure: {
        ...nextFailure(live.facts.failure, AWAITED, now, 0),
        nextTryAt: until,
      },
    },
  }));
}

const AWAITED = {
  reason: "MintAwaited",
  message: "The answer to a mint was lost; it may still take effect, and nothing is minted until that is over.",
};

interface Found {
  readonly issuer: Issuer;
  readonly attempt: AttemptRow;
  readonly id: KeyId;
  readonly extra: readonly KeyId[];
}

/** The vendor shows the value again: the mint was a success after all. */
async function adopt(pass: Pass, world: World, { issuer, attempt, id, extra }: Found): Promise<void> {
  if (!(await endAll(pass, issuer, attempt, extra))) return;
  const { outcome } = await effect(pass, { label: "issuer.read", attempt: attempt.id }, async (signal) => {
    if (issuer.read) return issuer.read(id, signal);
    throw new Terminal(
      { reason: "CannotRead", message: "The adapter says that its vendor shows a value again, and cannot read one." },
      { vendor: "velvet", operation: "read" },
    );
  });
  if (outcome.kind !== "done") return recordDelay(pass, outcome.cause);
  await recordMinted(
    pass,
    world,
    { open: patchOf(world, attempt), performed: { effect: [] } },
    { id, value: outcome.value },
  );
}

interface GivenUp {
  readonly issuer: Issuer;
  readonly attempt: AttemptRow;
  readonly revoke: readonly KeyId[];
}

/** The value is lost: what is there of it goes, what is not there yet is watched for, and another attempt may begin. */
async function giveUp(pass: Pass, world: World, { issuer, attempt, revoke }: GivenUp): Promise<void> {
  if (!(await endAll(pass, issuer, attempt, revoke))) return;
  const { sealed: _, ...bare } = attempt;
  await pass.journal.write((live): Change => ({
    audit: { event: "MintLost", attempt: attempt.id, revoked: revoke },
    facts: recovered(live.facts),
    attempts: [{ ...patchOf(world, bare), state: "lost" }],
    tombstones: isWatched(world, true) ? [tombstoneOf(attempt)] : [],
  }));
}

/** Each by its exact id, with an intent of its own. False: one could not be ended, and the attempt stays open. */
async function endAll(pass: Pass, issuer: Issuer, attempt: AttemptRow, ids: readonly KeyId[]): Promise<boolean> {
  for (const id of ids) {
    const intent = (): Change => ({ audit: { event: "OrphanRevokeIntended", attempt: attempt.id, vendorId: id } });
    const performed = await effect(
      pass,
      { label: "issuer.revokeOrphan", attempt: attempt.id, intent },
      async (signal) => endKey(issuer, id, signal),
    );
    const { outcome, effect: effects } = performed;
    await pass.journal.write((live, now) => ({
      audit: {
        event: outcome.kind === "done" ? "OrphanRevoked" : "OrphanRevokeFailed",
        attempt: attempt.id,
        vendorId: id,
      },
      facts:
        outcome.kind === "done"
          ? live.facts
          : { ...live.facts, failure: nextFailure(live.facts.failure, outcome.cause, now, pass.deps.jitter()) },
      effects,
    }));
    if (outcome.kind !== "done") return false;
  }
  return true;
}
