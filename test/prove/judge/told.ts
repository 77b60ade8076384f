/** The audit chains as what they tell. */
import type { LedgerRows } from "./ledger.ts";

export interface Entry {
  readonly chain: string;
  readonly seq: number;
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** In the order of chain and number. What is no JSON is left out here: I8 tells of it. */
export function entriesOf(ledger: LedgerRows, chain?: string): readonly Entry[] {
  return ledger.audit.flatMap((row) => {
    if (chain !== undefined && row.chain !== chain) return [];
    const facts = parsed(row.canonical);
    if (!facts) return [];
    const at = Date.parse(textOf(facts["at"]));
    return [{ chain: row.chain, seq: row.seq, event: textOf(facts["event"]), at, facts }];
  });
}

function textOf(fact: unknown): string {
  return typeof fact === "string" ? fact : "";
}

export function parsed(hex: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(hex, "hex").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
