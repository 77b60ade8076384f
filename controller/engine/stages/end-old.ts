/** `Replace`: the old credential ends before there is a new one, by its exact id, as the gate approved. */
import { nextFailure, recovered } from "../../domain/backoff.ts";
import type { World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { revokeKey } from "../end-key.ts";
import { previousValue } from "../value.ts";
import { endedRow, retiredFrom } from "./revoke-record.ts";

export async function endOld(pass: Pass, world: World, id: string): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const intent = () => ({
    audit: { event: "RevokeIntended", vendorId: id, strategy: "Replace" },
    retired: [retiredFrom(world, id)],
    ifWakes: world.wakes,
  });
  const performed = await effect(pass, { label: "issuer.revoke", intent }, async (signal) =>
    revokeKey(issuer, id, signal, () => previousValue(pass.deps, world)),
  );
  const { outcome, effect: effects } = performed;
  await pass.journal.write((live, now) =>
    outcome.kind === "done"
      ? {
          audit: { event: "OldEnded", vendorId: id, residual: outcome.value },
          facts: { ...recovered(live.facts), revoked: { at: now, by: "velvet" }, residual: outcome.value },
          retired: [endedRow(world, id, outcome.value)],
          effects,
        }
      : {
          audit: { event: "RevokeFailed", vendorId: id, reason: outcome.cause.reason },
          facts: { ...live.facts, failure: nextFailure(live.facts.failure, outcome.cause, now, pass.deps.jitter()) },
          effects,
        },
  );
}
