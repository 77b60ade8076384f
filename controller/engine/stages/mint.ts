/** Intent → mint → seal, and how an unknown outcome is found out. See the mint protocol in docs/explanation. */
import type { IssuedKey, Issuer, Minted, Verdict } from "../../../adapters/contract.ts";
import { isAdapterError } from "../../../adapters/errors.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { fingerprints } from "../../custody/fingerprint.ts";
import type { SealScope } from "../../custody/seal.ts";
import { seal } from "../../custody/seal.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { later } from "../../domain/duration.ts";
import { mintRefusal, MOST_MINT_TRIES } from "../../domain/plan.ts";
import type { AttemptRow, State, World } from "../../domain/world.ts";
import type { AttemptPatch, Change } from "../../ledger/record.ts";
import type { Live } from "../journal.ts";
import type { Pass, Performed } from "../effect.ts";
import { deadlineMs, effect } from "../effect.ts";
import { newValue, previousValue } from "../value.ts";

/** One new attempt: the proposal is sealed in the ledger before the vendor hears of it. */
export async function mint(pass: Pass, world: World, number: number): Promise<void> {
  const { deps } = pass;
  const refused = mintRefusal(world);
  if (refused) return recordFailure(pass, refused);
  const issuer = deps.accounts.issuer(world.rotation.snapshot);
  const { outcome } = await effect(pass, { label: "issuer.list" }, async (signal) => issuer.list(signal));
  if (outcome.kind !== "done") return recordFailure(pass, outcome.cause);
  const proposed = proposeValue(pass, world, issuer, outcome.value);
  if ("cause" in proposed) return recordFailure(pass, proposed.cause);
  const id = deps.uuid();
  const open: AttemptPatch = {
    id,
    number,
    marker: `velvet/${deps.install}/${world.rotation.credential}/${id}`,
    mintClass: issuer.traits.mintClass,
    state: "open",
    deadline: later(pass.journal.now(), deadlineMs(deps.leaseMs)),
    inventory: outcome.value.map(({ id, enabled, marker }) => ({ id, enabled, ...(marker ? { marker } : {}) })),
    sealed: sealNew(pass, world, id, proposed.value),
    fingerprints: {},
  };
  await mintOnce(pass, world, issuer, open, proposed.value, (live) => ({
    audit: { event: "MintIntended", attempt: id, number, marker: open.marker },
    state: stateUnlessAborting(live, "minting"),
    attempts: [open],
  }));
}

/** An abort in progress keeps its state. */
function stateUnlessAborting(live: Live, state: State): State {
  return live.facts.abort ? "aborting" : state;
}

/** For `client-supplied`: the same value under the same marker again has the same outcome, whatever became of the first call. */
export async function resolve(pass: Pass, world: World, attempt: AttemptRow): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const open: AttemptPatch = { ...attempt, mintClass: issuer.traits.mintClass, fingerprints: {} };
  await mintOnce(pass, world, issuer, open, newValue(pass.deps, world, attempt), (live) => ({
    audit: { event: "MintReplayed", attempt: attempt.id },
    state: stateUnlessAborting(live, "minting"),
  }));
}

async function mintOnce(
  pass: Pass,
  world: World,
  issuer: Issuer,
  open: AttemptPatch,
  proposed: SecretFields,
  intent: (live: Live) => Change,
): Promise<void> {
  const performed = await effect(pass, { label: "issuer.mint", attempt: open.id, intent }, async (signal) =>
    issuer.mint({ marker: open.marker, proposed, inventory: open.inventory }, signal),
  );
  if (performed.outcome.kind === "done") return recordMinted(pass, world, open, performed, performed.outcome.value);
  const replay = world.attempts.some((attempt) => attempt.id === open.id);
  const { kind, cause } = performed.outcome;
  // A refusal of a replay says nothing of the first call, unless the vendor says that the place is another's.
  if (kind === "unknown" || (replay && !cause.terminal)) return recordUnknown(pass, performed, cause);
  await recordBurned(pass, open, performed, cause);
}

function proposeValue(
  pass: Pass,
  world: World,
  issuer: Issuer,
  inventory: readonly IssuedKey[],
): { value: SecretFields } | { cause: Cause } {
  if (!issuer.propose) {
    return {
      cause: {
        reason: "MintClassUnsupported",
        message: `This version does not mint ${issuer.traits.mintClass} credentials.`,
        terminal: true,
      },
    };
  }
  const currentId = world.rotation.facts.verify?.previousId;
  const current = previousValue(pass.deps, world);
  try {
    const value = issuer.propose({
      inventory,
      random: pass.deps.random,
      ...(currentId === undefined ? {} : { currentId }),
      ...(current ? { current } : {}),
    });
    return { value };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { cause: { reason: error.reason, message: error.message, remedy: error.remedy, terminal: true } };
  }
}

function scopeOf(pass: Pass, world: World, attempt: string): SealScope {
  return { install: pass.deps.install, credential: world.rotation.credential, attempt, purpose: "new" };
}

function sealNew(pass: Pass, world: World, attempt: string, value: SecretFields): string {
  return seal(pass.deps.keys, scopeOf(pass, world, attempt), value).toString("base64");
}

async function recordMinted(
  pass: Pass,
  world: World,
  open: AttemptPatch,
  { effect: effects }: Performed<Minted>,
  minted: Minted,
): Promise<void> {
  const prints = fingerprints(pass.deps.keys, world.rotation.credential, minted.value);
  const attempt: AttemptPatch = {
    ...open,
    state: "minted",
    vendorId: minted.id,
    sealed: sealNew(pass, world, open.id, minted.value),
    fingerprint: prints.whole,
    fingerprints: prints.fields,
  };
  await pass.journal.write((live) => ({
    audit: { event: "Minted", attempt: open.id, vendorId: minted.id, fingerprint: prints.whole },
    facts: recovered(live.facts),
    attempts: [attempt],
    effects,
  }));
  // One look is enough for both, unless somebody wants to stop here.
  if (pass.stopping.aborted || pass.journal.live.facts.abort) return;
  await verifyNew(pass, world, { ...attempt, createdAt: pass.journal.now() });
}

async function recordUnknown(pass: Pass, { effect: effects }: Performed<Minted>, cause: Cause): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "MintUnknown", reason: cause.reason },
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
    effects,
  }));
}

/** Certainly not minted. The attempt is spent; the old credential is as valid as before. */
async function recordBurned(
  pass: Pass,
  open: AttemptPatch,
  { effect: effects }: Performed<Minted>,
  cause: Cause,
): Promise<void> {
  const { sealed: _, ...burned } = open;
  const over = cause.terminal === true || open.number >= MOST_MINT_TRIES;
  await pass.journal.write((live, now) => {
    const failure = nextFailure(live.facts.failure, cause, now, pass.deps.jitter());
    const ends = over && !live.facts.abort;
    return {
      audit: { event: ends ? "MintFailed" : "MintRefused", attempt: open.id, reason: cause.reason },
      ...(ends ? { state: "mint_failed" as const, ended: true } : {}),
      facts: { ...live.facts, failure },
      attempts: [{ ...burned, state: "burned" }],
      effects,
    };
  });
}

/** `Minted` is true only when the new value verified alive, through the vendor's propagation window. */
export async function verifyNew(pass: Pass, world: World, attempt: AttemptRow): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const value = newValue(pass.deps, world, attempt);
  const { outcome } = await effect(pass, { label: "issuer.verify", attempt: attempt.id }, async (signal) =>
    issuer.verify(value, signal),
  );
  if (outcome.kind !== "done") return recordFailure(pass, outcome.cause);
  const { liveness, message } = outcome.value;
  if (liveness !== "alive" && liveness !== "restricted") {
    return recordFailure(pass, notAlive(issuer, attempt, outcome.value, pass.journal.now()));
  }
  const prints = fingerprints(pass.deps.keys, world.rotation.credential, value);
  await pass.journal.write((live, now) => ({
    audit: { event: "MintVerified", attempt: attempt.id, liveness, message },
    state: "minted",
    facts: recovered(live.facts),
    attempts: [{ ...attempt, aliveAt: now, mintClass: issuer.traits.mintClass, fingerprints: prints.fields }],
  }));
}

function notAlive(issuer: Issuer, attempt: AttemptRow, verdict: Verdict, now: string): Cause {
  const { windowMs, everyMs } = issuer.traits.propagation;
  const within = now < later(attempt.createdAt, windowMs);
  return {
    reason: "NewCredentialRefused",
    message: `The vendor does not accept the new credential${within ? " yet" : ""}: ${verdict.message}`,
    remedy: "The old credential is still in use everywhere. Abort ends the new one.",
    retryAfterMs: verdict.retryAfterMs ?? everyMs,
    ...(within ? {} : { terminal: true }),
  };
}

async function recordFailure(pass: Pass, cause: Cause): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "MintDelayed", reason: cause.reason },
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
  }));
}
