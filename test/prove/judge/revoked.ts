/** What a Revocation was asked for, and what it did: read from the ledger alone. */
import { SKEW_MS } from "./evidence.ts";
import type { LedgerRows, RotationRow } from "./ledger.ts";
import { entriesOf } from "./told.ts";

export function revocationsOf({ rotations }: LedgerRows): readonly RotationRow[] {
  return rotations.filter(({ flow }) => flow === "Revocation");
}

/** The list that was fixed before anything was ended. */
export function targetsOf({ facts }: RotationRow): readonly string[] {
  return (facts.revocation?.ids ?? []).flatMap(({ id }) => id ?? []);
}

/**
 * From a Revocation on its consumers have nothing that works, until a rotation gives them something again. One that ends only what was
 * retired, and found nothing going on, interrupts nobody.
 */
export function isCutOff(ledger: LedgerRows, at: number): boolean {
  return revocationsOf(ledger).some((revocation) => {
    const { target, preempted } = revocation.facts.revocation ?? {};
    if (target === "Retired" && preempted === undefined) return false;
    const begun = Date.parse(revocation.created_at) - SKEW_MS;
    return at >= begun && !isFollowed(ledger, revocation, at);
  });
}

function isFollowed({ rotations }: LedgerRows, revocation: RotationRow, at: number): boolean {
  return rotations.some(
    ({ flow, state, created_at, ended_at }) =>
      flow === "Operational" &&
      state === "done" &&
      Date.parse(created_at) > Date.parse(revocation.created_at) &&
      ended_at !== null &&
      Date.parse(ended_at) < at,
  );
}

/** This id stands in the list of a Revocation, which said before that it would end it now. */
export function isEndedByRevocation(ledger: LedgerRows, id: string, at: number): boolean {
  return revocationsOf(ledger).some((revocation) => {
    if (!targetsOf(revocation).includes(id)) return false;
    const entries = entriesOf(ledger, revocation.id);
    const fixed = entries.find(({ event }) => event === "TargetsFixed")?.seq ?? Infinity;
    return entries.some(
      (entry) =>
        entry.event === "RevokeIntended" &&
        entry.facts["vendorId"] === id &&
        entry.seq > fixed &&
        entry.at <= at + SKEW_MS,
    );
  });
}
