/**
 * I4, where a person does what no API does: they are asked to end the old one only after every receipt, and it counts as ended only where
 * a person said so, or where it was so when Velvet saw it. I1: nobody is given a value that the vendor has not accepted.
 */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import { behindMs } from "./evidence.ts";
import type { LedgerRows, RotationRow } from "./ledger.ts";
import { whyUnproven } from "./i4-revoke-gate.ts";
import type { Entry } from "./told.ts";
import { entriesOf } from "./told.ts";

export function byHand(evidence: Evidence): Violation[] {
  const { ledger } = evidence;
  return ledger.rotations.flatMap((rotation) => {
    const entries = entriesOf(ledger, rotation.id);
    return [
      ...askedTooEarly(ledger, rotation, entries).map((message) => ({ invariant: "I4", message })),
      ...notSeen(evidence, rotation, entries).map((message) => ({ invariant: "I4", message })),
      ...unverified(rotation, entries).map((message) => ({ invariant: "I1", message })),
    ];
  });
}

function askedTooEarly(ledger: LedgerRows, rotation: RotationRow, entries: readonly Entry[]): string[] {
  const asked = entries.filter(({ event }) => event === "RevokeAsked");
  return asked.flatMap(({ facts, at }) => {
    const target = typeof facts["vendorId"] === "string" ? facts["vendorId"] : "the old credential";
    const why = whyUnproven(ledger, rotation, { at, target: facts["vendorId"] === null ? null : target });
    return why === undefined ? [] : [`a person was asked to end ${target}: ${why}`];
  });
}

/** The vendor's truth at that moment: ended by whoever ended it, and before. */
function notSeen(evidence: Evidence, rotation: RotationRow, entries: readonly Entry[]): string[] {
  const behind = behindMs(evidence);
  return entries.flatMap(({ event, facts, at }) => {
    const id = facts["vendorId"];
    if (event !== "RevokeSeen" || typeof id !== "string") return [];
    const ended = evidence.fake.history.some(
      ({ label, target, at: then }) => label === "vendor.revoke" && target === id && then <= at + behind,
    );
    return ended ? [] : [`${rotation.name} took ${id} for ended, and nobody had ended it`];
  });
}

/** Whatever was minted, a write of it comes after the vendor's yes. */
function unverified(rotation: RotationRow, entries: readonly Entry[]): string[] {
  const verified = new Set<unknown>();
  for (const { event, facts } of entries) {
    if (event === "MintVerified") verified.add(facts["attempt"]);
    if (event === "WriteIntended" && !verified.has(facts["attempt"])) {
      return [`${rotation.name} wrote a value to ${String(facts["consumer"])} that the vendor had not accepted`];
    }
  }
  return [];
}
