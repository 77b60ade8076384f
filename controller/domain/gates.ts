import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { idsOf, revocationNeedsApproval } from "./revocation.ts";
import type { ConsumerRow, Gate, GateFacts, Snapshot, World } from "./world.ts";
import { liveAttempt } from "./world.ts";

/** SHA-256 over the canonical JSON of what a rotation runs on. Holds no value: manifests never do. */
export function snapshotHash(snapshot: Snapshot): string {
  return digestOf(snapshot);
}

/**
 * What an approval is bound to: request, Credential snapshot, account generations (all in the snapshot's hash), gate and
 * attempt. Nobody can approve something else than what was shown.
 */
export function gateDigest(world: Pick<World, "rotation" | "attempts">, gate: Gate): string {
  return digestOf({
    rotation: world.rotation.id,
    snapshot: world.rotation.snapshotHash,
    gate,
    attempt: gate === "Revoke" ? (liveAttempt(world)?.id ?? null) : null,
    ...(world.rotation.flow === "Revocation" ? { targets: idsOf(world).map(({ id }) => id ?? null) } : {}),
  });
}

function digestOf(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("only JSON has a digest");
  return `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}

/** Whether a person must open this gate. A consumer that is not written may still hold the old value: then a person looks. */
export function needsApproval(
  world: Pick<World, "rotation"> & { readonly consumers: readonly ConsumerRow[] },
  gate: Gate,
): boolean {
  if (world.rotation.flow === "Revocation") return gate === "Revoke" && revocationNeedsApproval(world);
  const gates = world.rotation.snapshot.credential.spec.gates;
  if (gate === "Mint") return gates?.mint === "Approval";
  if ((gates?.revoke ?? "Approval") === "Approval") return true;
  return world.consumers.some((consumer) => consumer.state === "inactive" || consumer.state === "skipped");
}

/** The gate that waits for a person's answer, as it was shown to them. */
export function unansweredGate(
  world: Pick<World, "rotation" | "attempts"> & { readonly consumers: readonly ConsumerRow[] },
): ({ readonly name: Gate } & GateFacts) | undefined {
  if (world.rotation.facts.abort) return undefined;
  for (const name of ["Mint", "Revoke"] as const) {
    const facts = gateFacts(world, name);
    if (!facts || facts.approved || facts.digest !== gateDigest(world, name)) continue;
    if (needsApproval(world, name)) return { ...facts, name };
  }
  return undefined;
}

export function gateFacts(world: Pick<World, "rotation">, gate: Gate): GateFacts | undefined {
  return world.rotation.facts.gates?.[gate];
}
