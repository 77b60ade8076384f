/**
 * I11: every mint and every revoke traces to an accepted request; where a gate needs a person, to an approval of that gate's digest that
 * came before; where two people are needed, by another than the requester.
 */
import type { Violation } from "../api.ts";
import type { Gate } from "../../../controller/domain/world.ts";
import type { Evidence } from "./evidence.ts";
import { SKEW_MS } from "./evidence.ts";
import type { LedgerRows, RotationRow } from "./ledger.ts";
import type { Entry } from "./told.ts";
import { entriesOf } from "./told.ts";

const INTENTS: Readonly<Record<Gate, readonly string[]>> = {
  Mint: ["MintIntended", "ValueAsked"],
  Revoke: ["RevokeIntended", "RevokeAsked"],
};

export function authority(evidence: Evidence): Violation[] {
  const { ledger } = evidence;
  const messages = [
    ...mintsOfNobody(evidence),
    ...ledger.rotations.flatMap((rotation) => [
      ...whyUnrequested(ledger, rotation),
      ...whyUnapproved(ledger, rotation, "Mint"),
      ...whyUnapproved(ledger, rotation, "Revoke"),
    ]),
  ];
  return messages.map((message) => ({ invariant: "I11", message }));
}

/** The intent comes first: what reaches the vendor has an attempt that is older. */
function mintsOfNobody({ fake, ledger }: Evidence): string[] {
  const mints = fake.history.filter(({ label }) => label === "issuer.mint");
  return mints.flatMap(({ target, at }) => {
    const attempt = ledger.attempts.find(({ marker }) => marker === target);
    if (!attempt) return [`the mint ${target} has no attempt in the ledger`];
    if (Date.parse(attempt.created_at) > at + SKEW_MS) return [`the mint ${target} came before its intent`];
    return [];
  });
}

function whyUnrequested(ledger: LedgerRows, { id, name, request }: RotationRow): string[] {
  const found = ledger.requests.find(({ uid }) => uid === request);
  if (found?.state === "accepted" && found.rotation === id) return [];
  return [`${name} has no request that was accepted for it`];
}

function whyUnapproved(ledger: LedgerRows, rotation: RotationRow, gate: Gate): string[] {
  const entries = entriesOf(ledger, rotation.id);
  const intents = entries.filter(({ event }) => INTENTS[gate].includes(event));
  const needed = rotation.flow === "Revocation" ? neededToEnd(rotation, gate) : neededSince(ledger, rotation, gate);
  // Who was left behind after a first try makes the next one need a person.
  const intent = needed === "the beginning" ? intents[0] : intents.at(-1);
  if (!intent || needed === undefined) return [];
  const why = whyNotApproved(
    ledger,
    rotation,
    gate,
    entries.filter(({ seq }) => seq < intent.seq),
  );
  return why === undefined ? [] : [`${rotation.name}: ${gate} ${why}`];
}

/** A Revocation waits for nobody but for the second of two people. */
function neededToEnd(rotation: RotationRow, gate: Gate): "the beginning" | undefined {
  return gate === "Revoke" && needsTwoPeople(rotation) ? "the beginning" : undefined;
}

/** As the design has it: revokes need a person unless the manifest says otherwise, and always where somebody stays behind. */
function neededSince(
  ledger: LedgerRows,
  rotation: RotationRow,
  gate: Gate,
): "the beginning" | "somebody was skipped" | undefined {
  const { gates } = rotation.snapshot.credential.spec;
  if (gate === "Mint") return gates?.mint === "Approval" ? "the beginning" : undefined;
  const left = ledger.consumers.filter((row) => row.rotation === rotation.id).map(({ state }) => state);
  if ((gates?.revoke ?? "Approval") === "Approval" || left.includes("inactive")) return "the beginning";
  return left.includes("skipped") ? "somebody was skipped" : undefined;
}

function whyNotApproved(
  ledger: LedgerRows,
  rotation: RotationRow,
  gate: Gate,
  before: readonly Entry[],
): string | undefined {
  const { approved, digest } = rotation.facts.gates?.[gate] ?? {};
  if (!approved) return "was not approved by anybody";
  const told = (event: string, fact: string, value: string | undefined) =>
    before.some((entry) => entry.event === event && entry.facts[fact] === value);
  if (!told("DecisionAccepted", "decision", approved.decision)) return "was approved only afterwards";
  if (!told("GateOpened", "digest", digest)) return "was approved without having been opened";
  return whyNotDecided(ledger, rotation, approved.decision, digest);
}

function whyNotDecided(
  ledger: LedgerRows,
  rotation: RotationRow,
  decision: string,
  digest: string | undefined,
): string | undefined {
  const found = ledger.decisions.find(({ namespace, name }) => namespace === rotation.namespace && name === decision);
  if (found?.state !== "accepted" || found.spec.action !== "Approve") return "was approved by no decision";
  if (found.spec.digest !== digest) return "was approved for another digest";
  const byOne = needsTwoPeople(rotation) && found.spec.decidedBy === rotation.snapshot.request.spec.requestedBy;
  return byOne ? "was approved by the requester" : undefined;
}

function needsTwoPeople({ snapshot }: RotationRow): boolean {
  return Object.values(snapshot.accounts).some(({ spec }) => spec.twoPerson === true);
}
