/** The audit chains: `hash = SHA-256(previous hash || canonical JSON bytes)`, written in the transaction of the change they record. */
import canonicalize from "canonicalize";
import { createHash } from "node:crypto";
import { type Db, statement } from "./db.ts";
import { type StoredWords, wordsIn } from "./words.ts";

/** The chain of everything that belongs to no rotation. A rotation's chain is named by its id. */
export const INSTALL_CHAIN = "install";

/** Where a chain ends now. A new chain begins at `{ chain, seq: 0, hash: Buffer.alloc(0) }`. */
export interface ChainHead {
  readonly chain: string;
  readonly seq: number;
  /** 32 bytes; empty before the first row. */
  readonly hash: Buffer;
}

/**
 * What happened. Every member must be JSON, or `Words`; no credential value ever stands here (I7), and no name or text of a person but as
 * `Words` or an `ActorReference`.
 */
export interface AuditEntry {
  /** RFC 3339, from the database's clock. */
  readonly at: string;
  /** CamelCase: `RotationAccepted`, `KeyRevoked`. */
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** The row that continues a chain; `seq` and `hash` are the new head. */
export interface ChainRow {
  readonly seq: number;
  /** RFC 8785 JSON of `{chain, seq, ...entry}`, as UTF-8: the bytes that are hashed and stored. */
  readonly canonical: Buffer;
  readonly hash: Buffer;
  /** What of it can be erased. */
  readonly words: readonly StoredWords[];
}

/** The row after `head`. Pure. Throws when `entry` is no JSON (a NaN, a lone surrogate, a cycle) or claims the chain's own members. */
export function chainRow(head: ChainHead, entry: AuditEntry): ChainRow {
  if ("chain" in entry || "seq" in entry) throw new Error("an audit entry never names its own chain or seq");
  const seq = head.seq + 1;
  const text = canonicalize({ ...entry, chain: head.chain, seq });
  if (text === undefined) throw new Error("an audit entry must be a JSON object");
  const canonical = Buffer.from(text, "utf8");
  const hash = createHash("sha256").update(head.hash).update(canonical).digest();
  return { seq, canonical, hash, words: wordsIn(entry, seq) };
}

const LOCK_INSTALL_CHAIN = statement("lock_install_chain");
const APPEND_INSTALL_CHAIN = statement("append_install_chain");

/** An entry of the install chain; its time is the database's, taken under the chain's lock. */
export type InstallEntry = Omit<AuditEntry, "at"> & { readonly event: string };

/**
 * Appends to the chain `install` inside the caller's transaction and holds that chain's lock until it ends: call it last.
 * Rows and head are written by one statement.
 */
export async function appendInstallAudit(tx: Db, entries: readonly InstallEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const [locked] = await tx.query<{ seq: number; hash: string; at: string }>(LOCK_INSTALL_CHAIN);
  if (locked === undefined) throw new Error("the ledger has lost its install chain's head (lease row install-chain)");
  let head: ChainHead = { chain: INSTALL_CHAIN, seq: locked.seq, hash: Buffer.from(locked.hash, "hex") };
  const rows: ChainRow[] = [];
  for (const entry of entries) {
    const row = chainRow(head, { ...entry, at: locked.at });
    rows.push(row);
    head = { chain: INSTALL_CHAIN, seq: row.seq, hash: row.hash };
  }
  await tx.query(APPEND_INSTALL_CHAIN, [
    rows.map((row) => row.seq),
    rows.map((row) => row.canonical),
    rows.map((row) => row.hash),
    head.seq,
    head.hash.toString("hex"),
    JSON.stringify(rows.flatMap((row) => row.words)),
  ]);
}
