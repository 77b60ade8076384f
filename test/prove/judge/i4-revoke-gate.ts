/**
 * I4: an old credential is ended only after a receipt of every required consumer for this attempt, by an intent that names its id, and it
 * is not the current one; or a person decided it. What is not the old one of any rotation must be attributable to an attempt of this ledger.
 */
import type { Deed, Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import { CUSTODY, SKEW_MS } from "./evidence.ts";
import type { ConsumerRow, LedgerRows, RotationRow } from "./ledger.ts";
import { attemptOf, isCurrent } from "./owners.ts";
import { isEndedByRevocation } from "./revoked.ts";
import type { Entry } from "./told.ts";
import { entriesOf } from "./told.ts";

const ENDINGS = new Set(["issuer.revoke", "issuer.destroy"]);
/** To ask a person for it is to do it: they cannot know who still holds the old one. */
const INTENTS: ReadonlySet<string> = new Set(["RevokeIntended", "RevokeAsked"]);

export function revokeGate(evidence: Evidence): Violation[] {
  const deeds = evidence.fake.history.filter(
    ({ label, outcome }) => ENDINGS.has(label) && (outcome === "done" || outcome === "late"),
  );
  const wrong = new Set(deeds.flatMap((deed) => whyWrong(evidence, deed) ?? []));
  return [...wrong].map((message) => ({ invariant: "I4", message }));
}

function whyWrong({ fake, ledger }: Evidence, deed: Deed): string | undefined {
  const id = deed.target;
  const key = fake.ever().find((each) => each.id === id);
  // An id that never was ends nothing.
  if (!key) return undefined;
  if (isEndedByRevocation(ledger, id, deed.at) || isDecided(ledger, id)) return undefined;
  if (isCurrent(ledger, id)) return `${id} was ended (${deed.label}), and it is the current one`;
  const rotations = ledger.rotations.filter(({ facts }) => facts.verify?.previousId === id);
  if (rotations.length > 0) {
    const reasons = rotations.map((rotation) => whyUnproven(ledger, rotation, deed));
    return reasons.includes(undefined) ? undefined : `${id} was ended (${deed.label}): ${reasons.join("; ")}`;
  }
  if (attemptOf(ledger, key)) return undefined;
  return `${id} was ended (${deed.label}), and the ledger knows no attempt that made it: never revoke the unknown`;
}

/** A named person's recorded decision about exactly this id. */
function isDecided(ledger: LedgerRows, id: string): boolean {
  return entriesOf(ledger).some(({ event, facts }) => event === "DecisionAccepted" && facts["vendorId"] === id);
}

/** `target` null: the old one's id was not known to anybody. */
export function whyUnproven(
  ledger: LedgerRows,
  rotation: RotationRow,
  deed: Pick<Deed, "at"> & { readonly target: string | null },
): string | undefined {
  const entries = entriesOf(ledger, rotation.id);
  const intent = entries.findLast(
    ({ event, facts, at }) => INTENTS.has(event) && facts["vendorId"] === deed.target && at <= deed.at + SKEW_MS,
  );
  if (!intent) return `${rotation.name} has no intent that names it`;
  // There the old one goes first: that is what was agreed.
  if (rotation.snapshot.credential.spec.rotation?.strategy === "Replace") return undefined;
  const consumers = ledger.consumers.filter((row) => row.rotation === rotation.id && row.id !== CUSTODY);
  if (consumers.length === 0) return `${rotation.name} has no consumers, and an empty set blocks`;
  const before = entries.filter(({ seq }) => seq < intent.seq);
  const required = consumers.filter(({ state }) => state !== "inactive" && state !== "skipped");
  const attempts = required.map((row) => receiptOf(ledger, before, row));
  const missing = required.filter((_, index) => attempts[index] === undefined).map(({ id }) => id);
  if (missing.length > 0) return `${rotation.name} had no receipt of ${missing.join(", ")}`;
  return whyNotOne(ledger, rotation, new Set(attempts), deed.target);
}

/** All receipts are for one attempt of this rotation, whose value has a fingerprint and is not the old one. */
function whyNotOne(
  ledger: LedgerRows,
  rotation: RotationRow,
  attempts: ReadonlySet<string | undefined>,
  old: string | null,
): string | undefined {
  if (attempts.size > 1) return `${rotation.name} had receipts for several attempts`;
  const [id] = attempts;
  if (id === undefined) return undefined;
  const attempt = ledger.attempts.find((row) => row.id === id && row.rotation === rotation.id);
  if (!attempt || attempt.fingerprint === null) return `${rotation.name} had receipts for an attempt without a value`;
  return old !== null && attempt.vendor_id === old ? `${old} is the new one itself` : undefined;
}

/** The attempt that this consumer has proven, unless the receipt was withdrawn since. */
function receiptOf(ledger: LedgerRows, entries: readonly Entry[], row: ConsumerRow): string | undefined {
  let attempt: string | undefined;
  for (const { event, facts } of entries) {
    if (event === "Receipt" && facts["consumer"] === row.id) attempt = String(facts["attempt"]);
    if (event === "DecisionAccepted" && isConfirmation(ledger, facts, row.id)) attempt = row.facts.receipt?.attempt;
    const withdrawn = event === "ReceiptWithdrawn" ? facts["consumers"] : undefined;
    if (Array.isArray(withdrawn) && withdrawn.includes(row.id)) attempt = undefined;
  }
  return attempt;
}

function isConfirmation(ledger: LedgerRows, facts: Entry["facts"], consumer: string): boolean {
  if (facts["action"] !== "ConfirmConsumer") return false;
  return ledger.decisions.some(({ name, spec }) => name === facts["decision"] && spec.consumer === consumer);
}
