/**
 * I8: every chain verifies from its first row to the head that its owner holds, without a gap; names and texts of people stand beside it and
 * are what it has the hashes of. Shares no code with what writes the chains.
 */
import { createHash } from "node:crypto";
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import type { AuditRow, LedgerRows } from "./ledger.ts";
import { parsed } from "./told.ts";
import { wordsBroken } from "./i8-words.ts";

interface Head {
  readonly seq: number;
  readonly hash: string;
}

export function auditChains(evidence: Evidence): Violation[] {
  const broken = [...chainsBroken(evidence), ...wordsBroken(evidence)];
  return broken.map((message) => ({ invariant: "I8", message }));
}

function chainsBroken({ ledger }: Evidence): string[] {
  const heads = headsOf(ledger);
  const chains = new Map<string, AuditRow[]>([...heads.keys()].map((chain) => [chain, []]));
  for (const row of ledger.audit) chains.set(row.chain, [...(chains.get(row.chain) ?? []), row]);
  return [...chains].flatMap(([chain, rows]) => {
    const wrong = whyWrong(chain, rows, heads.get(chain));
    return wrong === undefined ? [] : [`chain ${chain}: ${wrong}`];
  });
}

function headsOf({ rotations, installHead }: LedgerRows): ReadonlyMap<string, Head> {
  const own = rotations.map(({ id, chain_seq, chain_hash }): [string, Head] => [
    id,
    { seq: chain_seq, hash: chain_hash.replace(/^\\x/, "") },
  ]);
  return new Map([...own, ["install", installHead]]);
}

function whyWrong(chain: string, rows: readonly AuditRow[], head: Head | undefined): string | undefined {
  if (!head) return "nobody owns it";
  let previous = "";
  for (const [index, row] of rows.entries()) {
    const wrong = whyRowWrong(chain, index + 1, row, previous);
    if (wrong !== undefined) return wrong;
    previous = row.hash;
  }
  if (rows.length !== head.seq) return `it has ${rows.length} rows, and ${head.seq} by its head`;
  return previous === head.hash ? undefined : "it does not end in its head's hash";
}

function whyRowWrong(chain: string, seq: number, row: AuditRow, previous: string): string | undefined {
  if (row.seq !== seq) return `row ${seq} is missing`;
  const canonical = Buffer.from(row.canonical, "hex");
  const facts = parsed(row.canonical);
  if (facts?.["chain"] !== chain || facts["seq"] !== seq) return `row ${seq} says that it belongs elsewhere`;
  if (canonicalJson(facts) !== canonical.toString("utf8")) return `row ${seq} is not in canonical form`;
  const hash = createHash("sha256").update(Buffer.from(previous, "hex")).update(canonical).digest("hex");
  return hash === row.hash ? undefined : `row ${seq} does not continue the one before it`;
}

/** RFC 8785 for what stands in a row: names by UTF-16 code units, numbers and texts as JavaScript writes them. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
