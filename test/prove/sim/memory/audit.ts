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

/** What people said in audit rows, as the statements take it in JSON; nothing where there is nothing. */
export function addWords(tables: Tables, chain: string, said: readonly SaidWords[] = []): void {
  for (const { seq, field, salt, text } of said) {
    const key = `${chain} ${seq} ${field}`;
    unique(!tables.words.has(key), "audit_words_pkey");
    tables.words.put(key, { chain, seq, field, salt: Buffer.from(salt, "base64").toString("hex"), text });
  }
}

export interface SaidWords {
  readonly seq: number;
  readonly field: string;
  /** Base64. */
  readonly salt: string;
  readonly text: string;
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
    addWords(tables, INSTALL_CHAIN, JSON.parse(String(values[5])) as SaidWords[]);
    tables.head.put(INSTALL_CHAIN, { seq, hash });
    addAudit(tables, INSTALL_CHAIN, { seqs, canonicals, hashes });
    return [];
  },

  know_actor: ({ actor }, values) => {
    const [name, id, salt] = values as [string, Buffer, Buffer];
    const known = actor.find((row) => row.name === name);
    if (known) return [{ actor: known.id }];
    const row = { id: id.toString("hex"), salt: salt.toString("hex"), name };
    actor.put(row.id, row);
    return [{ actor: row.id }];
  },

  touch_outbox: (tables, [rotation]) => {
    touchOutbox(tables, rotation as string);
    return [];
  },
};
