/** I2: at rest the vendor accepts exactly one credential that is attributable to this Credential; after a revocation, none. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import type { LedgerRows } from "./ledger.ts";
import type { Found } from "./owners.ts";
import { revocationsOf, targetsOf } from "./revoked.ts";
import { attemptOf, isAtRest, isCurrent, retiredAs, tombstoneOf } from "./owners.ts";

export function exactlyOne(evidence: Evidence): Violation[] {
  const { fake, ledger, quiet = true } = evidence;
  if (!quiet || !isAtRest(ledger)) return [];
  const accepted = fake.keys().filter((key) => key.accepted && isAttributable(evidence, key));
  const ids = accepted.filter((key) => !isToldOf(evidence, key)).map(({ id }) => id);
  const wrong =
    whyNotNone(evidence, accepted) ??
    (isWithoutCurrent(evidence) ? whyNotGone(ids) : (whyNotOne(evidence, ids) ?? whyNotCurrent(ledger, ids)));
  return wrong === undefined ? [] : [{ invariant: "I2", message: wrong }];
}

/** Nothing of what a Revocation was to end, whoever is told of it. */
function whyNotNone({ ledger }: Evidence, accepted: readonly Found[]): string | undefined {
  const done = revocationsOf(ledger).filter(({ state }) => state === "rev_done");
  const ids = new Set(done.flatMap(targetsOf));
  const left = accepted.filter(({ id }) => ids.has(id)).map(({ id }) => id);
  return left.length === 0 ? undefined : `after the Revocation the vendor still accepts ${left.join(", ")}`;
}

function whyNotGone(ids: readonly string[]): string | undefined {
  return ids.length === 0 ? undefined : `there is no current one, and the vendor accepts ${ids.join(", ")}`;
}

function whyNotOne(evidence: Evidence, ids: readonly string[]): string | undefined {
  if (ids.length === 1 || (ids.length === 0 && mayBeNone(evidence))) return undefined;
  return `at rest the vendor accepts ${ids.join(", ") || "none"}`;
}

/** Before the first rotation was done the ledger may know no id. */
function whyNotCurrent({ credentials }: LedgerRows, [id]: readonly string[]): string | undefined {
  const current = credentials[0]?.current_id ?? undefined;
  if (id === undefined || current === undefined || id === current) return undefined;
  return `at rest the vendor accepts ${id}, and the ledger holds ${current} for the current one`;
}

function isAttributable({ fake, ledger }: Evidence, key: Found): boolean {
  return key.ours || key.id === fake.originalId || isCurrent(ledger, key.id) || attemptOf(ledger, key) !== undefined;
}

/** Not yet looked for to the end, or left alive with a row of its own that a person is shown. What is quarantined must be dead. */
function isToldOf({ fake, ledger }: Evidence, key: Found): boolean {
  if (isCurrent(ledger, key.id)) return false;
  const retired = retiredAs(ledger, key.id);
  if (key.id === fake.originalId && isNamedInSlot(ledger)) return true;
  return (retired !== undefined && retired !== "quarantined") || tombstoneOf(ledger, key) !== undefined;
}

/** A rotation that was stopped before the acceptors dropped the old value names it, and each of them. */
function isNamedInSlot({ rotations }: LedgerRows): boolean {
  const { residual = [] } = rotations.at(-1)?.facts ?? {};
  return residual.some(({ kind }) => kind === "OldValueInSlot");
}

/** A Revocation ended the current one, and no rotation has made another since. One of the retired ones leaves it as it was. */
function isWithoutCurrent({ ledger }: Evidence): boolean {
  const ended = revocationsOf(ledger).some(
    ({ state, facts }) => state === "rev_done" && facts.revocation?.target !== "Retired",
  );
  return ended && (ledger.credentials[0]?.current_id ?? null) === null;
}

/** The old one was dead before, or was ended first as agreed, and no new one came to be. */
function mayBeNone(evidence: Evidence): boolean {
  const { fake, ledger } = evidence;
  if (hasEndedByItself(evidence)) return true;
  const current = ledger.credentials[0]?.current_id;
  // Between rotations, past Velvet.
  if (fake.history.some(({ label, target }) => label === "vendor.revoke" && target === current)) return true;
  if (ledger.rotations.some(({ state }) => state === "done")) return false;
  const endedByHand = fake.history.some(({ label }) => label === "vendor.revoke");
  return endedByHand || fake.setup.strategy === "Replace" || ledger.rotations.some(({ expect }) => expect !== "Alive");
}

/** The current one did, and nobody had ended it before. */
function hasEndedByItself({ fake, ledger }: Evidence): boolean {
  const isFirst = (id: string): boolean =>
    id === fake.originalId && (ledger.credentials[0]?.current_id ?? null) === null;
  return fake
    .ever()
    .some(({ id, endedByItselfAt }) => endedByItselfAt !== undefined && (isCurrent(ledger, id) || isFirst(id)));
}
