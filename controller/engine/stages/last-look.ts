/** What everybody holds and who still uses the old credential, right before it ends. */
import type { Usage } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure } from "../../domain/backoff.ts";
import type { AttemptRow, ConsumerRow, Failure, World } from "../../domain/world.ts";
import { everybody } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { newEntries } from "../entries.ts";
import { holds, newValue } from "../value.ts";

/**
 * What each readable consumer holds now, and whether anybody still uses the old one. Somebody who was overwritten since is
 * written again; a use that goes on holds the revoke back, unless a person insists.
 */
export async function lastLook(
  pass: Pass,
  world: World,
  attempt: AttemptRow,
  { id, insist }: { readonly id: string | undefined; readonly insist: boolean },
): Promise<boolean> {
  const value = newValue(pass.deps, world, attempt);
  const proven = everybody(world).filter((row) => row.state === "working" && world.sinks[row.id]?.grade === "value");
  const [usage, ...held] = await Promise.all([
    id === undefined ? {} : usageOf(pass, world, id),
    ...proven.map(async (row) => ({ row, problem: await lookAt(pass, world, row, value) })),
  ]);
  const reverted = held.flatMap(({ row, problem }) => (problem ? [{ row, problem }] : []));
  if (reverted.length > 0) {
    await recordReverted(pass, reverted);
    return false;
  }
  const inUse = usageProblem(usage, id ?? "");
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
  const { entries } = newEntries({ deps: pass.deps, world, id: row.id, value });
  const sink = pass.deps.accounts.sink(world.rotation.snapshot, row.id);
  const { outcome } = await effect(pass, { label: "sink.observe", consumer: row.id }, async (signal) =>
    sink.observe(Object.keys(entries), signal),
  );
  if (outcome.kind !== "done") return outcome.cause;
  if (holds(entries, outcome.value)) return undefined;
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

export async function recordHeldBack(pass: Pass, cause: Cause): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "RevokeHeldBack", reason: cause.reason },
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
  }));
}
