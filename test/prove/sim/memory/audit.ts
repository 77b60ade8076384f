/** The audit chains. */
import type { Statements, Tables } from "./tables.ts";
import { INSTALL_CHAIN } from "./tables.ts";
import { instant, unique } from "./values.ts";

export interface ChainRows {
  readonly seqs: readonly number[];
  readonly canonicals: readonly Buffer[];
  readonly hashes: readonly Buffer[];
}

export function addAudit(tables: Tables, chain: string, { seqs, canonicals, hashes }: ChainRows): void {
  seqs.forEach((seq, index) => {
    const key = `${chain} ${seq}`;
    unique(!tables.audit.has(key), "audit_pkey");
    const canonical = canonicals[index]?.toString("hex") ?? "";
    tables.audit.put(key, { chain, seq, canonical, hash: hashes[index]?.toString("hex") ?? "" });
  });
}

export function touchOutbox(tables: Tables, rotation: string, topic: "rotation" | "alarm" = "rotation"): void {
  const key = topic === "rotation" ? rotation : `${topic} ${rotation}`;
  const known = tables.outbox.get(key);
  tables.outbox.put(key, { version: (known?.version ?? 0) + 1 });
}

export const AUDIT: Statements = {
  lock_install_chain: ({ head, now }) => {
    const found = head.get(INSTALL_CHAIN);
    return found ? [{ ...found, at: instant(now) }] : [];
  },

  append_install_chain: (tables, values) => {
    const [seqs, canonicals, hashes, seq, hash] = values as [number[], Buffer[], Buffer[], number, string];
    tables.head.put(INSTALL_CHAIN, { seq, hash });
    addAudit(tables, INSTALL_CHAIN, { seqs, canonicals, hashes });
    return [];
  },

  touch_outbox: (tables, [rotation]) => {
    touchOutbox(tables, rotation as string);
    return [];
  },
};
