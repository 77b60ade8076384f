/** How a rotation ends, and what is then known of the credential. */
import type { Residual } from "../../../adapters/contract.ts";
import { fingerprints } from "../../custody/fingerprint.ts";
import { recovered } from "../../domain/backoff.ts";
import type { RotationFacts, World } from "../../domain/world.ts";
import { liveAttempt } from "../../domain/world.ts";
import type { AttemptPatch, Change, CredentialPatch } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import type { Live } from "../journal.ts";
import { dropOld } from "./drop.ts";
import { newValue } from "../value.ts";

/** Done: the new credential is the current one. Nothing sealed remains. */
export function doneWith(
  pass: Pass,
  world: World,
  live: Live,
  revoked: RotationFacts["revoked"],
  residual: readonly Residual[],
): Change {
  const facts = recovered(live.facts);
  return {
    audit: { event: "Done", revoked: world.rotation.facts.verify?.previousId ?? null, residual },
    state: "done",
    facts: { ...facts, ...(revoked ? { revoked } : {}), residual: [...(facts.residual ?? []), ...residual] },
    ...newBecomesCurrent(pass, world),
    ended: true,
  };
}

/** The newest attempt's credential is the current one from now on; all sealed values go. */
export function newBecomesCurrent(pass: Pick<Pass, "deps">, world: World): Pick<Change, "attempts" | "credential"> {
  const current = liveAttempt(world);
  // A throwaway never does, whoever asks.
  if (!current?.vendorId || world.rotation.flow === "Testing") return { attempts: wiped(world) };
  const prints = fingerprints(pass.deps.keys, world.rotation.credential, newValue(pass.deps, world, current));
  const credential: CredentialPatch = {
    currentId: current.vendorId,
    currentAttempt: current.id,
    fingerprint: prints.whole,
    fingerprints: prints.fields,
    issuedAt: current.createdAt,
  };
  return { attempts: wiped(world, current.id), credential };
}

/** All attempts without their sealed values; the one named becomes current. */
export function wiped(world: World, current?: string): AttemptPatch[] {
  return world.attempts.map((attempt) => {
    const { sealed: _, ...bare } = attempt;
    const state = attempt.id === current ? "current" : attempt.state;
    return { ...bare, mintClass: world.issuer.mintClass, fingerprints: {}, state };
  });
}

/** After a person revoked by hand, or where there was nothing to revoke. */
export async function finish(pass: Pass, world: World): Promise<void> {
  const { facts } = world.rotation;
  const id = facts.verify?.previousId;
  // Whoever revoked it at the vendor has not emptied our acceptors' second slots.
  if (!(await dropOld(pass, world, undefined))) return;
  await pass.journal.write((live) => ({
    ...doneWith(pass, world, live, facts.revoked, residualAtAcceptors(world)),
    ...(facts.revoked && id !== undefined ? { retired: [{ vendorId: id, state: "manual", residual: [] }] } : {}),
  }));
}

function residualAtAcceptors(world: World): Residual[] {
  if (world.issuer.authority !== "acceptors" || world.rotation.expect === "Absent") return [];
  return [
    {
      kind: "OldValueAtAcceptors",
      message: "No vendor can end the old value: it is refused as soon as nobody accepts it any more.",
      remedy: "Make sure that every acceptor runs with the new value only.",
    },
  ];
}
