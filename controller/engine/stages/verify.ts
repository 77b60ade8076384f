/** Verify and identify: read the value in use, seal it, probe it with a negative control, find out whose it is. */
import type { IssuedKey, Issuer, KeyId, Verdict } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { fingerprints, isPrintOf } from "../../custody/fingerprint.ts";
import { seal } from "../../custody/seal.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import { leftBehind, leftBehindResidual } from "../../domain/left-behind.ts";
import { readingSnapshot } from "../../domain/rehearsal.ts";
import type { VerifyProbe } from "../../domain/verdict.ts";
import { judgeProbe } from "../../domain/verdict.ts";
import type { RotationFacts, VerifyFacts, World } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import type { Outcome, Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { fieldsFrom, keysOf } from "../value.ts";

interface Found {
  readonly value: SecretFields;
  readonly from: string;
}

interface FoundPrints extends Found {
  readonly prints: ReturnType<typeof fingerprints> | undefined;
}

export async function verify(pass: Pass, world: World): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const read = await readCurrent(pass, world, issuer);
  if (read.kind !== "done") return recordFailure(pass, read.cause);
  const { value: found } = read;
  const prints = found && fingerprints(pass.deps.keys, world.rotation.credential, found.value);
  const probe = await probeAll(pass, issuer, found);
  const known = found !== undefined && isKnown(pass, world, found.value);
  const judged = judgeProbe(world, issuer.traits, { ...probe, known });
  if ("cause" in judged) return recordFailure(pass, judged.cause);
  const keys = probe.inventory.kind === "done" ? probe.inventory.value : [];
  const left = leftBehind(world, judged.facts.previousId, keys);
  await recordVerified(pass, world, found && { ...found, prints }, { judged: judged.facts, left });
}

/** By the key that the ledger's fingerprint was made with, which may be one before the current one. */
function isKnown({ deps }: Pass, { credential, rotation }: World, value: SecretFields): boolean {
  return (
    credential.fingerprint !== undefined && isPrintOf(deps.keys, credential.fingerprint, rotation.credential, value)
  );
}

/** Custody first; where it holds nothing yet, the consumer that `readFrom` names: so a credential from before Velvet is adopted. */
async function readCurrent(pass: Pass, world: World, issuer: Issuer): Promise<Outcome<Found | undefined>> {
  const snapshot = readingSnapshot(world.rotation.snapshot);
  const { readFrom, custody } = snapshot.credential.spec;
  const places = [...(custody ? [CUSTODY] : []), ...(readFrom === undefined ? [] : [readFrom])];
  for (const id of places) {
    const keys = keysOf(snapshot, id, issuer.traits.fields);
    const sink = pass.deps.accounts.sink(snapshot, id);
    const { outcome } = await effect(pass, { label: "sink.observe", consumer: id }, async (signal) =>
      sink.observe(
        keys.map((key) => key.name),
        signal,
      ),
    );
    if (outcome.kind !== "done") return outcome;
    const fields = fieldsFrom(keys, outcome.value);
    if (fields)
      return { kind: "done", value: { value: issuer.complete(fields), from: id === CUSTODY ? "custody" : id } };
  }
  return { kind: "done", value: undefined };
}

/** All questions at once: none of them changes anything. */
async function probeAll(pass: Pass, issuer: Issuer, found: Found | undefined): Promise<VerifyProbe> {
  const ask = async <T>(label: string, work: (signal: AbortSignal) => Promise<T>): Promise<Outcome<T>> =>
    (await effect(pass, { label }, work)).outcome;
  const inventory = ask<readonly IssuedKey[]>("issuer.list", async (signal) => issuer.list(signal));
  if (!found) return { found: false, inventory: await inventory };
  const { value } = found;
  const verdict = ask<Verdict>("issuer.verify", async (signal) => issuer.verify(value, signal));
  const identity = ask<KeyId | undefined>("issuer.identify", async (signal) => issuer.identify(value, signal));
  const control = issuer.traits.negativeControl
    ? ask<Verdict>("issuer.control", async (signal) => issuer.verify(issuer.mutate(value), signal))
    : undefined;
  return {
    found: true,
    inventory: await inventory,
    verdict: await verdict,
    identity: await identity,
    ...(control ? { control: await control } : {}),
  };
}

interface Verified {
  readonly judged: Omit<VerifyFacts, "at" | "readFrom" | "previousFingerprint">;
  /** It was the current one until now, and lives on as a retired id. */
  readonly left: KeyId | undefined;
}

async function recordVerified(
  pass: Pass,
  world: World,
  found: FoundPrints | undefined,
  { judged, left }: Verified,
): Promise<void> {
  const { deps, journal } = pass;
  const { credential, id } = world.rotation;
  const prints = found?.prints;
  const sealed =
    found && seal(deps.keys, { install: deps.install, credential, attempt: id, purpose: "previous" }, found.value);
  const mismatch = found && world.credential.fingerprint !== undefined && !isKnown(pass, world, found.value);
  await journal.write((live, now) => {
    const verify: VerifyFacts = {
      at: now,
      ...judged,
      ...(found ? { readFrom: found.from } : {}),
      ...(prints ? { previousFingerprint: prints.whole } : {}),
    };
    return {
      audit: { event: "Verified", ...verify, ...told({ mismatch, left }) },
      state: "verified",
      ...leaving({ ...recovered(live.facts), verify }, left),
      ...(sealed ? { sealedPrevious: sealed } : {}),
      // A rehearsal changes nothing of what the ledger holds for the current one.
      ...(prints && verify.previousId !== undefined && world.rotation.flow !== "Testing"
        ? { credential: { currentId: verify.previousId, fingerprint: prints.whole, fingerprints: prints.fields } }
        : {}),
    };
  });
}

function told({ mismatch, left }: { readonly mismatch: boolean | undefined; readonly left: KeyId | undefined }) {
  return { ...(mismatch ? { currentMismatch: true } : {}), ...(left === undefined ? {} : { leftBehind: left }) };
}

/** The one that is not the current one any more has an owner from this transaction on. */
function leaving(facts: RotationFacts, left: KeyId | undefined): Pick<Change, "facts" | "retired"> {
  if (left === undefined) return { facts };
  const residual = [...(facts.residual ?? []), leftBehindResidual(left)];
  return { facts: { ...facts, residual }, retired: [{ vendorId: left, state: "live", residual: [] }] };
}

async function recordFailure(pass: Pass, cause: Cause): Promise<void> {
  await pass.journal.write((live, now) => {
    const failure = nextFailure(live.facts.failure, cause, now, pass.deps.jitter());
    return {
      audit: { event: "VerifyFailed", reason: cause.reason, tries: failure.tries },
      state: "verify_failed",
      facts: { ...live.facts, failure },
    };
  });
}
