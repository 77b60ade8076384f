/**
 * The record outside of its database, as JSON lines, so that whoever holds the file can verify it alone.
 *
 * The first line says what it is of. Then come all persons; then each chain: its line, its rows in order, and after a row the checkpoint
 * that saw the chain end there; then the checkpoints, in the order of their sizes; and at last how many lines there were, with the SHA-256
 * of all bytes before, so that a file that was cut off is noticed.
 */
import type { StoredWords } from "./words.ts";

export const FORMAT = "velvet-audit/1";

export interface HeaderLine {
  readonly audit: typeof FORMAT;
  readonly install: string;
  /** The public key that the first checkpoint is signed with. */
  readonly key?: string;
  readonly at: string;
  /** Only what happened from then on; the chains of rotations are whole nevertheless. */
  readonly since?: string;
  /** Only what happened before. */
  readonly until?: string;
}

export interface ActorLine {
  readonly actor: { readonly id: string; readonly salt?: string; readonly name?: string };
}

/** Hashes are hexadecimal. */
export interface ChainLine {
  readonly chain: string;
  /** Where it ends, as its owner says; null where nobody owns it. Absent: of this chain there are only seals here. */
  readonly head?: { readonly seq: number; readonly hash: string } | null;
  /** The row before the first one that is here. */
  readonly after?: { readonly seq: number; readonly hash: string };
}

export interface RowLine {
  readonly row: number;
  /** The bytes that were hashed, as UTF-8; in base64 where they are none. */
  readonly canonical?: string;
  readonly base64?: string;
  readonly hash: string;
  readonly words?: readonly StoredWords[];
}

/** The checkpoint of this size saw the chain end at this row. */
export interface SealLine {
  readonly seal: number;
  readonly row: number;
  readonly hash: string;
}

export interface CheckpointLine {
  readonly checkpoint: number;
  readonly canonical: string;
  /** Base64. */
  readonly signature: string;
  /** From before those that are here: only because it names another key. */
  readonly handover?: true;
}

export interface EndLine {
  readonly end: { readonly lines: number; readonly sha256: string };
}

export type Line = HeaderLine | ActorLine | ChainLine | RowLine | SealLine | CheckpointLine | EndLine;
