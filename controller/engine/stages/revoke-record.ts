/** What the ledger is told of a revoke. */
import type { Residual } from "../../../adapters/contract.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { durationMs } from "../../domain/duration.ts";
import { DEFAULT_QUARANTINE } from "../../domain/retired.ts";
import type { World } from "../../domain/world.ts";
import type { Change, RetiredPatch } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import type { Live } from "../journal.ts";

/** The gate, the receipts and everything that arrived are the ones that were looked at, or nothing is written. */
export function intent(live: Live, world: World, id: string | undefined): Change {
  return {
    audit: { event: "RevokeIntended", vendorId: id ?? null },
    state: "revoking",
    facts: recovered(live.facts),
    ...(live.state === "revoking" ? {} : { ifWakes: world.wakes }),
    ...(id === undefined ? {} : { retired: [retiredFrom(world, id)] }),
  };
}

/** From its intent on the old credential has a row of its own, whatever becomes of the rotation. */
export function retiredFrom(world: World, id: string): RetiredPatch {
  const fingerprint = world.rotation.facts.verify?.previousFingerprint;
  return { vendorId: id, state: "live", residual: [], ...(fingerprint === undefined ? {} : { fingerprint }) };
}

export function endedRow(world: World, id: string, residual: readonly Residual[]): RetiredPatch {
  const quarantine = world.rotation.snapshot.credential.spec.rotation?.quarantine ?? DEFAULT_QUARANTINE;
  if (world.issuer.revocation !== "quarantine") return { vendorId: id, state: "destroyed", residual };
  return { vendorId: id, state: "quarantined", destroyAfterMs: durationMs(quarantine), residual };
}

export async function recordRevokeFailed(
  pass: Pass,
  id: string | undefined,
  cause: Cause,
  effects: Change["effects"] = [],
): Promise<void> {
  await pass.journal.write((live, now) => ({
    audit: { event: "RevokeFailed", vendorId: id ?? null, reason: cause.reason },
    state: "revoke_failed",
    facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
    effects,
  }));
}
