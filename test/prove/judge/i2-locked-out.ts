/**
 * I2, after a Revocation: it is done only when every consumer was shown to lock out what was ended, or a person answered for it; and nobody
 * for whom no person answered lets it in.
 */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import type { LedgerRows, RotationRow } from "./ledger.ts";
import { revocationsOf, targetsOf } from "./revoked.ts";
import type { Entry } from "./told.ts";
import { entriesOf } from "./told.ts";

export function lockedOut(evidence: Evidence): Violation[] {
  const { ledger } = evidence;
  const done = revocationsOf(ledger).filter(({ state }) => state === "rev_done");
  const messages = done.flatMap((revocation) => [
    ...whyLeft(revocation),
    ...whyUnended(ledger, revocation),
    ...whyUnproven(evidence, revocation),
  ]);
  return messages.map((message) => ({ invariant: "I2", message }));
}

/** What was minted without proof is nobody's, unless consumers hold it and what they held before lives on. */
function whyLeft(revocation: RotationRow): string[] {
  const { minted, spared } = revocation.facts.revocation?.preempted ?? {};
  if (minted === undefined || spared === true || targetsOf(revocation).includes(minted)) return [];
  return [`${revocation.name} left ${minted} alive, which the rotation that it pre-empted had minted`];
}

/** Each id of the list has an end of its own: by Velvet, or by a person's word. */
function whyUnended(ledger: LedgerRows, { id, name, facts }: RotationRow): string[] {
  const ended = new Set(
    entriesOf(ledger, id).flatMap(({ event, facts: told }) => (event === "TargetEnded" ? [told["vendorId"]] : [])),
  );
  return (facts.revocation?.ids ?? []).flatMap(({ id: target, state }) => {
    if (state === "marked" || (state === "ended" && ended.has(target))) return [];
    return [`${name} is done, and ${target ?? "what nobody knows the id of"} is ${state}`];
  });
}

function whyUnproven({ fake, ledger }: Evidence, revocation: RotationRow): string[] {
  const entries = entriesOf(ledger, revocation.id);
  const isAboutNothing = targetsOf(revocation).length === 0 && fake.setup.authority !== "acceptors";
  const rows = ledger.consumers.filter((row) => row.rotation === revocation.id && row.id !== "");
  return rows.flatMap(({ id }) => {
    const word = answeredBy(ledger, entries, id);
    if (word === undefined && !isAboutNothing)
      return [`${revocation.name} is done, and nobody knows that ${id} locks it out`];
    const leaks = word === "the consumer itself" && fake.letsIn(id);
    return leaks ? [`${revocation.name} is done, and ${id} lets in what was ended`] : [];
  });
}

const WORDS: ReadonlySet<unknown> = new Set(["ConfirmConsumer", "SkipConsumer", "ConfirmLeakResolved"]);

function answeredBy(ledger: LedgerRows, entries: readonly Entry[], consumer: string): string | undefined {
  if (entries.some(({ event, facts }) => event === "LockedOut" && facts["consumer"] === consumer))
    return "the consumer itself";
  const decided = entries.some(({ event, facts }) => {
    if (event !== "DecisionAccepted" || !WORDS.has(facts["action"])) return false;
    const spec = ledger.decisions.find(({ name }) => name === facts["decision"])?.spec;
    return (spec?.consumer ?? consumer) === consumer;
  });
  return decided ? "a person" : undefined;
}
