/** Looks at the vendor while a person is asked: a new credential that appears is taken up, an old one that is gone is done with. */
import type { Detection, Issuer, KeyId, Verdict } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { nextLook, type Step } from "../../domain/assisted.ts";
import type { Cause } from "../../domain/backoff.ts";
import { recovered } from "../../domain/backoff.ts";
import { untilOf } from "../../domain/plan-assisted.ts";
import { judgeMintLook, judgeRevokeLook, type RevokeLook } from "../../domain/seen.ts";
import { earliest } from "../../domain/wait.ts";
import type { Instant, World } from "../../domain/world.ts";
import { liveAttempt } from "../../domain/world.ts";
import type { Outcome, Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { newValue, previousValue } from "../value.ts";
import { recordTrouble } from "./assisted.ts";
import { attemptWith } from "./provide.ts";

/** Undefined: something was seen and recorded. Else when to look again; nothing is written for a look that saw nothing new. */
export async function look(pass: Pass, world: World, step: Step): Promise<Instant | undefined> {
  const isDone = step === "mint" ? await lookForMint(pass, world) : await lookForRevoke(pass, world);
  if (isDone) return undefined;
  const now = pass.journal.now();
  const since = world.rotation.facts.assisted?.[step]?.since ?? now;
  return earliest(nextLook(world.issuer, since, now), untilOf(world, step, now));
}

async function lookForMint(pass: Pass, world: World): Promise<boolean> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const detected = await detect(pass, issuer, world, "mint");
  if (detected.kind !== "done") return couldNot(pass, "mint", detected.cause);
  const { id, trouble } = judgeMintLook(world, detected.value);
  if (id === undefined) return recordTrouble(pass, "mint", trouble).then(() => false);
  if (!issuer.read) return recordTrouble(pass, "mint", notShown(id)).then(() => false);
  return takeUp(pass, world, issuer, id);
}

/** What a person made is one attempt, as if it had been handed in. */
async function takeUp(pass: Pass, world: World, issuer: Issuer, id: KeyId): Promise<boolean> {
  const { outcome } = await effect(pass, { label: "issuer.read" }, async (signal) => read(issuer, id, signal));
  if (outcome.kind !== "done") return couldNot(pass, "mint", outcome.cause);
  const made = await attemptWith(pass, world, outcome.value, id);
  if ("refused" in made) {
    const { reason, message } = made.refused;
    await recordTrouble(pass, "mint", { reason, message: `${id} appeared. ${message}`, stalled: true });
    return false;
  }
  await pass.journal.write((live) => ({
    audit: { event: "ValueSeen", attempt: made.attempt.id, vendorId: id },
    facts: recovered(live.facts),
    attempts: [made.attempt],
    ifWakes: world.wakes,
  }));
  return true;
}

async function read(issuer: Issuer, id: KeyId, signal: AbortSignal): Promise<SecretFields> {
  if (!issuer.read) throw new Error("an issuer that shows no value is not read");
  return issuer.read(id, signal);
}

function notShown(id: KeyId) {
  return {
    reason: "ValueNotShown",
    message: `${id} appeared at the vendor, which does not show its value again.`,
    remedy: "Hand in its value with ProvideValue.",
    stalled: false,
  };
}

async function lookForRevoke(pass: Pass, world: World): Promise<boolean> {
  const seen = await lookAtBoth(pass, world);
  if ("cause" in seen) return couldNot(pass, "revoke", seen.cause);
  const sight = judgeRevokeLook(seen.look);
  if (sight.seen === undefined) return recordTrouble(pass, "revoke", sight.trouble).then(() => false);
  const said = sight.seen;
  const id = world.rotation.facts.verify?.previousId ?? null;
  await pass.journal.write((live, now) => ({
    audit: { event: "RevokeSeen", vendorId: id, message: said },
    facts: { ...recovered(live.facts), revoked: { at: now, by: "person", seen: said } },
    ifWakes: world.wakes,
  }));
  return true;
}

/** The new one first: a vendor that refuses that says nothing of the old one. */
async function lookAtBoth(
  pass: Pass,
  world: World,
): Promise<{ readonly look: RevokeLook } | { readonly cause: Cause }> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const attempt = liveAttempt(world);
  if (!attempt) throw new Error("nothing is revoked before something was minted");
  const newer = await ask(pass, issuer, newValue(pass.deps, world, attempt));
  if (newer.kind !== "done") return { cause: newer.cause };
  if (newer.value.liveness === "inconclusive") return { look: { newer: newer.value } };
  const value = previousValue(pass.deps, world);
  const old = value && (await ask(pass, issuer, value));
  if (old && old.kind !== "done") return { cause: old.cause };
  const verdicts = { newer: newer.value, ...(old ? { old: old.value } : {}) };
  if (!isListed(world)) return { look: verdicts };
  const detected = await detect(pass, issuer, world, "revoke");
  if (detected.kind !== "done") return { cause: detected.cause };
  return { look: { ...verdicts, listed: detected.value.gone.length === 0 } };
}

/** Only an id that the vendor knows can be missed in its list. */
function isListed({ issuer, rotation }: World): boolean {
  return issuer.detects === true && (rotation.facts.assisted?.revoke?.inventory?.length ?? 0) > 0;
}

async function ask(pass: Pass, issuer: Issuer, value: SecretFields): Promise<Outcome<Verdict>> {
  return (await effect(pass, { label: "issuer.verify" }, async (signal) => issuer.verify(value, signal))).outcome;
}

async function detect(pass: Pass, issuer: Issuer, world: World, step: Step): Promise<Outcome<Detection>> {
  const before = world.rotation.facts.assisted?.[step]?.inventory ?? [];
  const { outcome } = await effect(pass, { label: "issuer.detect" }, async (signal) => {
    if (!issuer.detect) throw new Error("an issuer that detects nothing is not asked");
    return issuer.detect(before, signal);
  });
  return outcome;
}

/** What passes by itself is not told: it is looked again. */
async function couldNot(pass: Pass, step: Step, { reason, message, remedy, terminal }: Cause): Promise<boolean> {
  if (terminal !== true) return false;
  await recordTrouble(pass, step, { reason, message, ...(remedy === undefined ? {} : { remedy }), stalled: true });
  return false;
}
