/** The point of no return: a last look at every consumer and at the old credential, then exactly one id. */
import type { Residual, Usage } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { durationMs } from "../../domain/duration.ts";
import type { AttemptRow, ConsumerRow, Failure, World } from "../../domain/world.ts";
import { DEFAULT_QUARANTINE } from "../../domain/retired.ts";
import { everybody, liveAttempt } from "../../domain/world.ts";
import type { Change, RetiredPatch } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import type { Live } from "../journal.ts";
import { holds, keysOf, newValue } from "../value.ts";
import { doneWith } from "./finish.ts";

export async function revoke(pass: Pass, world: World, id: string, insist: boolean): Promise<void> {
  const attempt = liveAttempt(world);
  const wrong = guard(world, attempt, id);
  if (wrong || !attempt) return recordHeldBack(pass, wrong ?? { reason: "NothingMinted", message: "" });
  if (world.rotation.state !== "revoking" && !(await lastLook(pass, world, attempt, id, insist))) return;
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const performed = await effect(
    pass,
    { label: "issuer.revoke", attempt: attempt.id, intent: (live) => intent(live, world, id) },
    async (signal) => issuer.revoke(id, signal),
  );
  const { outcome } = performed;
  if (outcome.kind !== "done") {
    await pass.journal.write((live, now) => ({
      audit: { event: "RevokeFailed", vendorId: id, reason: outcome.cause.reason },
      state: "revoke_failed",
      facts: { ...live.facts, failure: nextFailure(live.facts.failure, outcome.cause, now, pass.deps.jitter()) },
      effects: performed.effect,
    }));
    return;
  }
  await pass.journal.write((live, now) => ({
    ...doneWith(pass, world, live, { at: now, by: "velvet" }, outcome.value),
    retired: [retiredRow(world, id, outcome.value)],
    effects: performed.effect,
  }));
}

/** Invariant I4, once more, in code that knows nothing of how we came here. */
function guard(world: World, attempt: AttemptRow | undefined, id: string): Cause | undefined {
  const stop = (reason: string, message: string): Cause => ({ reason, message, terminal: true });
  if (!attempt?.aliveAt) return stop("NothingMinted", "There is no proven new credential.");
  if (attempt.vendorId === id) return stop("OldIsNew", `${id} is the new credential itself: nothing is revoked.`);
  if (world.consumers.length === 0) return stop("NoConsumers", "Nobody proved that the new credential works.");
  const unproven = world.consumers.filter((row) => !isProven(row, attempt));
  if (unproven.length === 0) return undefined;
  return stop("ReceiptMissing", `No receipt of: ${unproven.map((row) => row.id).join(", ")}.`);
}

function isProven(row: ConsumerRow, attempt: AttemptRow): boolean {
  if (row.state === "skipped" || row.state === "inactive") return true;
  return row.state === "working" && row.facts.receipt?.attempt === attempt.id;
}

function intent(live: Live, world: World, id: string): Change {
  return {
    audit: { event: "RevokeIntended", vendorId: id },
    state: "revoking",
    facts: recovered(live.facts),
    retired: [
      {
        vendorId: id,
        state: "live",
        residual: [],
        ...(world.rotation.facts.verify?.previousFingerprint === undefined
          ? {}
          : { fingerprint: world.rotation.facts.verify.previousFingerprint }),
      },
    ],
  };
}

function retiredRow(world: World, id: string, residual: readonly Residual[]): RetiredPatch {
  const quarantine = world.rotation.snapshot.credential.spec.rotation?.quarantine ?? DEFAULT_QUARANTINE;
  if (world.issuer.revocation !== "quarantine") return { vendorId: id, state: "destroyed", residual };
  return { vendorId: id, state: "quarantined", destroyAfterMs: durationMs(quarantine), residual };
}

/**
 * What each readable consumer holds now, and whether anybody still uses the old one. Somebody who was overwritten since is
 * written again; a use that goes on holds the revoke back, unless a person insists.
 */
async function lastLook(pass: Pass, world: World, attempt: AttemptRow, id: string, insist: boolean): Promise<boolean> {
  const value = newValue(pass.deps, world, attempt);
  const proven = everybody(world).filter((row) => row.state === "working" && world.sinks[row.id]?.grade === "value");
  const [usage, ...held] = await Promise.all([
    usageOf(pass, world, id),
    ...proven.map(async (row) => ({ row, problem: await lookAt(pass, world, row, value) })),
  ]);
  const reverted = held.flatMap(({ row, problem }) => (problem ? [{ row, problem }] : []));
  if (reverted.length > 0) {
    await recordReverted(pass, reverted);
    return false;
  }
  const inUse = usageProblem(usage, id);
  if (!inUse || insist) return true;
  await recordHeldBack(pass, inUse);
  return false;
}

async function usageOf(pass: Pass, world: World, id: string): Promise<Usage | Cause> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  if (!issuer.usage) return {};
  const ask = issuer.usage.bind(issuer);
  const { outcome } = await effect(pass, { label: "issuer.usage" }, async (signal) => ask(id, signal));
  return outcome.kind === "done" ? outcome.value : outcome.cause;
}

function usageProblem(usage: Usage | Cause, id: string): Cause | undefined {
  if ("reason" in usage) return usage;
  if (!usage.active) return undefined;
  return {
    reason: "OldCredentialInUse",
    message: `${id} is still in use: ${usage.active} ${usage.active === 1 ? "session" : "sessions"}.`,
    remedy: "Restart or drain who uses it, or insist with RetryRevoke: its sessions are then ended.",
  };
}

async function lookAt(pass: Pass, world: World, row: ConsumerRow, value: SecretFields): Promise<Cause | undefined> {
  const { snapshot } = world.rotation;
  const keys = keysOf(snapshot, row.id, world.issuer.fields);
  const sink = pass.deps.accounts.sink(snapshot, row.id);
  const { outcome } = await effect(pass, { label: "sink.observe", consumer: row.id }, async (signal) =>
    sink.observe(
      keys.map((key) => key.name),
      signal,
    ),
  );
  if (outcome.kind !== "done") return outcome.cause;
  if (holds(keys, outcome.value, value)) return undefined;
  return { reason: "Reverted", message: "It does not hold the new credential any more: somebody else wrote it." };
}

/** Its receipt is withdrawn: it is written and checked again before anything is revoked. */
async function recordReverted(
  pass: Pass,
  reverted: readonly { readonly row: ConsumerRow; readonly problem: Cause }[],
): Promise<void> {
  await pass.journal.write((live, now) => {
    const consumers = reverted.map(({ row, problem }): ConsumerRow => {
      const failure: Failure = nextFailure(undefined, problem, now, 0);
      return { ...row, state: "failed", facts: { failure, failedAt: "write" } };
    });
    return {
      audit: { event: "ReceiptWithdrawn", consumers: consumers.map((row) => row.id) },
      state: "distribute_partial",
      facts: live.facts,
      consumers,
    };
  });
}

async function recordHeldBack(pass: Pass, cause: Cause): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "RevokeHeldBack", reason: cause.reason },
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
  }));
}
