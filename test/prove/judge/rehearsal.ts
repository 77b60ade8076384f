/**
 * Rehearsals: no live place is ever given a throwaway, and where only rehearsals ran none is written at all (I1); what is current stays so,
 * and no throwaway becomes it (I2); at rest its test slots are as they were, or somebody is told which are not (I3).
 */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import type { LedgerRows, RotationRow } from "./ledger.ts";
import { isAtRest } from "./owners.ts";
import { entriesOf } from "./told.ts";

export function rehearsals(evidence: Evidence): Violation[] {
  const tests = evidence.ledger.rotations.filter(({ flow }) => flow === "Testing");
  if (tests.length === 0) return [];
  return [
    ...liveWritten(evidence, tests).map((message) => ({ invariant: "I1", message })),
    ...becameCurrent(evidence.ledger, tests).map((message) => ({ invariant: "I2", message })),
    ...oldTouched(evidence.ledger, tests).map((message) => ({ invariant: "I4", message })),
    ...slotsLeft(evidence, tests).map((message) => ({ invariant: "I3", message })),
  ];
}

/** Attempts of rehearsals, by what they made. */
function throwaways({ attempts }: LedgerRows, tests: readonly RotationRow[]): LedgerRows["attempts"] {
  const ids = new Set(tests.map(({ id }) => id));
  return attempts.filter(({ rotation }) => ids.has(rotation));
}

function liveWritten({ fake, ledger }: Evidence, tests: readonly RotationRow[]): string[] {
  const onlyTests = tests.length === ledger.rotations.length;
  const made = throwaways(ledger, tests);
  const isThrowaway = (id: string | undefined): boolean => {
    const born = fake.ever().find((key) => key.id === id);
    return made.some(({ vendor_id, marker }) => id !== undefined && (vendor_id === id || born?.madeFor === marker));
  };
  const wrong = fake.liveWrites.filter(({ id, deed }) => deed !== "vendor.plant" && (onlyTests || isThrowaway(id)));
  return [...new Set(wrong.map(({ place }) => `the live place ${place} was written by a rehearsal`))];
}

function becameCurrent(ledger: LedgerRows, tests: readonly RotationRow[]): string[] {
  const made = throwaways(ledger, tests);
  const [credential] = ledger.credentials;
  const wrong = made.filter(
    ({ id, state, vendor_id }) =>
      state === "current" ||
      credential?.current_attempt === id ||
      (vendor_id !== null && credential?.current_id === vendor_id),
  );
  const isSet = tests.length === ledger.rotations.length && (credential?.current_id ?? null) !== null;
  return [
    ...wrong.map(({ number }) => `the throwaway of attempt ${number} became the current one`),
    ...(isSet ? ["a rehearsal alone changed what the ledger holds for the current one"] : []),
  ];
}

/** The credential in use is nobody's to end. */
function oldTouched(ledger: LedgerRows, tests: readonly RotationRow[]): string[] {
  return tests.flatMap(({ id, name }) => {
    const intents = entriesOf(ledger, id).filter(({ event }) => event === "RevokeIntended");
    return intents.map(() => `the rehearsal ${name} meant to end the credential in use`);
  });
}

function slotsLeft({ fake, ledger, exceptions = [], quiet = true }: Evidence, tests: readonly RotationRow[]): string[] {
  if (!quiet || !isAtRest(ledger)) return [];
  const isTold = tests.some(({ facts }) => facts.residual?.some(({ kind }) => kind === "TestSlotNotPutBack"));
  const left = fake.disturbed().filter((key) => !exceptions.some(({ consumer }) => key.split(" ")[0] === consumer));
  // One that ended well leaves nothing; another one names what it leaves.
  const isSaid = isTold && tests.every(({ state }) => state !== "done");
  return isSaid ? [] : left.map((key) => `${key} is not as it was before the rehearsal, and nobody is told`);
}
