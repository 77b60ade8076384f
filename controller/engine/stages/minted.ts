/** From the vendor's yes to a value that is sealed in the ledger and verified alive. */
import type { Issuer, KeyId, Minted, Verdict } from "../../../adapters/contract.ts";
import { fingerprints } from "../../custody/fingerprint.ts";
import { handedInId } from "../../domain/assisted.ts";
import { isWatched } from "../../domain/attribution.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { later } from "../../domain/duration.ts";
import { LOOKS_MS } from "../../domain/tombstone.ts";
import type { AttemptRow, World } from "../../domain/world.ts";
import { Fenced } from "../../ledger/record.ts";
import type { AttemptPatch, TombstonePatch } from "../../ledger/record.ts";
import type { Pass, Performed } from "../effect.ts";
import { effect } from "../effect.ts";
import { newValue, sealedNew } from "../value.ts";
import { compensate } from "./compensate.ts";
import { recordDelay } from "./delay.ts";

export interface Born {
  readonly open: AttemptPatch;
  readonly performed: Pick<Performed<unknown>, "effect">;
}

/** Seals first of all. What cannot be recorded any more is ended again, where nobody else can own it. */
export async function recordMinted(pass: Pass, world: World, { open, performed }: Born, minted: Minted): Promise<void> {
  const prints = fingerprints(pass.deps.keys, world.rotation.credential, minted.value);
  const attempt: AttemptPatch = {
    ...open,
    state: "minted",
    vendorId: minted.id,
    sealed: sealedNew(pass.deps, world, open.id, minted.value),
    fingerprint: prints.whole,
    fingerprints: prints.fields,
  };
  try {
    await pass.journal.write((live) => ({
      audit: { event: "Minted", attempt: open.id, vendorId: minted.id, fingerprint: prints.whole },
      facts: { ...recovered(live.facts), ...(minted.expiresAt === undefined ? {} : { expiresAt: minted.expiresAt }) },
      attempts: [attempt],
      tombstones: isWatched(world, false) ? [tombstoneOf(open, minted.id)] : [],
      effects: performed.effect,
    }));
  } catch (error) {
    const { id, value } = minted;
    await compensate(pass, world, { attempt: open.id, id, value, fenced: error instanceof Fenced });
    throw error;
  }
  // One look is enough for both, unless somebody wants to stop here.
  if (pass.stopping.aborted || pass.journal.live.facts.abort) return;
  await verifyNew(pass, world, { ...attempt, createdAt: pass.journal.now() });
}

/** A copy of it may still come to light: a request that was sent twice, or one that was given up. */
export function tombstoneOf(attempt: Pick<AttemptRow, "id" | "marker">, owned?: KeyId): TombstonePatch {
  return {
    attempt: attempt.id,
    marker: attempt.marker,
    waitMs: LOOKS_MS[0],
    ...(owned === undefined ? {} : { vendorId: owned }),
  };
}

/** `Minted` is true only when the new value verified alive, through the vendor's propagation window. */
export async function verifyNew(pass: Pass, world: World, attempt: AttemptRow): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const value = newValue(pass.deps, world, attempt);
  const { outcome } = await effect(pass, { label: "issuer.verify", attempt: attempt.id }, async (signal) =>
    issuer.verify(value, signal),
  );
  if (outcome.kind !== "done") return recordDelay(pass, outcome.cause);
  const { liveness, message } = outcome.value;
  if (liveness !== "alive" && liveness !== "restricted") {
    const cause = notAlive(issuer, attempt, outcome.value, pass.journal.now());
    return isWrongByHand(issuer, cause) ? recordWrongValue(pass, attempt, cause) : recordDelay(pass, cause);
  }
  const id = attempt.vendorId ?? (await identify(pass, issuer, value, attempt));
  if (id === undefined) return;
  const prints = fingerprints(pass.deps.keys, world.rotation.credential, value);
  await pass.journal.write((live, now) => ({
    audit: { event: "MintVerified", attempt: attempt.id, vendorId: id, liveness, message },
    state: live.facts.abort ? "aborting" : "minted",
    facts: recovered(live.facts),
    attempts: [
      { ...attempt, vendorId: id, aliveAt: now, mintClass: issuer.traits.mintClass, fingerprints: prints.fields },
    ],
  }));
}

/** What a person made has an id of the vendor's, where the vendor can tell; else one of ours. Undefined: asked again later. */
async function identify(
  pass: Pass,
  issuer: Issuer,
  value: ReturnType<typeof newValue>,
  attempt: AttemptRow,
): Promise<KeyId | undefined> {
  const { outcome } = await effect(pass, { label: "issuer.identify", attempt: attempt.id }, async (signal) =>
    issuer.identify(value, signal),
  );
  if (outcome.kind === "done") return outcome.value ?? handedInId(attempt.id);
  await recordDelay(pass, outcome.cause);
  return undefined;
}

function notAlive(issuer: Issuer, attempt: AttemptRow, verdict: Verdict, now: string): Cause {
  const { windowMs, everyMs } = issuer.traits.propagation;
  const within = now < later(attempt.createdAt, windowMs);
  return {
    reason: verdict.liveness === "inconclusive" ? "VendorUnavailable" : "NewCredentialRefused",
    message: `The vendor does not accept the new credential${within ? " yet" : ""}: ${verdict.message}`,
    remedy: "The old credential is still in use everywhere. Abort ends the new one.",
    retryAfterMs: verdict.retryAfterMs ?? everyMs,
    ...(within || verdict.liveness === "inconclusive" ? {} : { terminal: true }),
  };
}

function isWrongByHand(issuer: Issuer, cause: Cause): boolean {
  return issuer.traits.mintClass === "manual" && cause.terminal === true;
}

/** Nothing was given to anybody: the person is asked for another one. */
async function recordWrongValue(pass: Pass, attempt: AttemptRow, cause: Cause): Promise<void> {
  const { sealed: _, ...burned } = attempt;
  await pass.journal.write((live, now) => ({
    audit: { event: "ValueRefused", attempt: attempt.id, reason: cause.reason },
    facts: { ...live.facts, failure: nextFailure(undefined, { ...cause, remedy: HAND_IN_ANOTHER }, now, 0) },
    attempts: [{ ...burned, state: "burned", mintClass: "manual", fingerprints: {} }],
  }));
}

const HAND_IN_ANOTHER = "Hand in the right value with ProvideValue; the old credential is still in use everywhere.";
