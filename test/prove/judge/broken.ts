/** Evidence in which a promise was broken: a good one, with one thing changed. */
import { createHash } from "node:crypto";
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import { canonicalJson } from "./i8-audit.ts";
import { judge } from "./judge.ts";
import type { AuditRow, LedgerRows } from "./ledger.ts";
import type { Entry } from "./told.ts";
import { entriesOf } from "./told.ts";

export function withRows(evidence: Evidence, rows: Partial<LedgerRows>): Evidence {
  return { ...evidence, ledger: { ...evidence.ledger, ...rows } };
}

export function withFake(evidence: Evidence, fake: Partial<Evidence["fake"]>): Evidence {
  return { ...evidence, fake: { ...evidence.fake, ...fake } };
}

/** Every row of this table changed alike. */
export function withEach<
  Table extends "rotations" | "consumers" | "attempts" | "tombstones" | "requests" | "decisions",
>(
  evidence: Evidence,
  table: Table,
  change: (row: LedgerRows[Table][number]) => Partial<LedgerRows[Table][number]>,
): Evidence {
  const rows: readonly LedgerRows[Table][number][] = evidence.ledger[table];
  return withRows(evidence, { [table]: rows.map((row) => ({ ...row, ...change(row) })) });
}

/** The rotation's chain told differently, and hashed and numbered as if it had always been so. */
export function retold(evidence: Evidence, tell: (entries: readonly Entry[]) => readonly Entry["facts"][]): Evidence {
  const [rotation] = evidence.ledger.rotations;
  if (!rotation) throw new Error("there is no rotation");
  let previous = "";
  const rows = tell(entriesOf(evidence.ledger, rotation.id)).map((facts, index): AuditRow => {
    const canonical = Buffer.from(canonicalJson({ ...facts, chain: rotation.id, seq: index + 1 }));
    previous = createHash("sha256").update(Buffer.from(previous, "hex")).update(canonical).digest("hex");
    return { chain: rotation.id, seq: index + 1, canonical: canonical.toString("hex"), hash: previous };
  });
  const audit = [...evidence.ledger.audit.filter(({ chain }) => chain !== rotation.id), ...rows];
  const words = wordsBeside(evidence, rotation.id, rows);
  const head = withEach(evidence, "rotations", () => ({ chain_seq: rows.length, chain_hash: `\\x${previous}` }));
  return withRows(head, { audit, words });
}

/** What people said goes with its rows, wherever they stand now. */
function wordsBeside({ ledger }: Evidence, chain: string, rows: readonly AuditRow[]): LedgerRows["words"] {
  const hashIn = (facts: Entry["facts"] | undefined, field: string): unknown =>
    (facts?.[field] as { readonly words?: string } | undefined)?.words;
  const before = entriesOf(ledger, chain);
  const known = ledger.words.flatMap((row) => {
    const entry = row.chain === chain ? before.find(({ seq }) => seq === row.seq) : undefined;
    return entry ? [{ row, hash: hashIn(entry.facts, row.field) }] : [];
  });
  const moved = rows.flatMap(({ seq, canonical }) => {
    const facts = JSON.parse(Buffer.from(canonical, "hex").toString("utf8")) as Entry["facts"];
    return known.filter(({ row, hash }) => hashIn(facts, row.field) === hash).map(({ row }) => ({ ...row, seq }));
  });
  return [...ledger.words.filter((row) => row.chain !== chain), ...moved];
}

/** Without the entries of this event that match. */
export function without(
  evidence: Evidence,
  event: string,
  matches: (facts: Entry["facts"]) => boolean = () => true,
): Evidence {
  return retold(evidence, (entries) =>
    entries.filter((entry) => entry.event !== event || !matches(entry.facts)).map(({ facts }) => facts),
  );
}

/** Which invariants are broken, each once. */
export function brokenBy(evidence: Evidence): string[] {
  return [...new Set(judge(evidence).map(({ invariant }) => invariant))];
}

export function messagesOf(evidence: Evidence, invariant: string): string[] {
  return judge(evidence)
    .filter((violation: Violation) => violation.invariant === invariant)
    .map(({ message }) => message);
}
