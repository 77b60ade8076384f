/**
 * What is wrong with one audit chain. Pure, and independent: it shares no code with what writes the chains, so that a mistake there
 * cannot hide itself here.
 */
import { createHash } from "node:crypto";

/** A row as it is stored. */
export interface StoredRow {
  readonly seq: number;
  readonly canonical: Uint8Array;
  readonly hash: Uint8Array;
}

/** Where the chain's owner says that it ends. */
export interface Head {
  readonly seq: number;
  /** Empty for a chain without rows. */
  readonly hash: Uint8Array;
}

export type FaultKind =
  | "Edited" // the bytes are not those that were hashed
  | "Deleted" // a number is missing
  | "Reordered" // the row says that it belongs elsewhere
  | "Inserted" // a row that its neighbours do not know
  | "TailCut" // the last rows are gone
  | "HeadMissing"; // rows whose chain nobody owns any more

/** The first bad row of one chain. */
export interface Fault {
  readonly chain: string;
  readonly seq: number;
  readonly kind: FaultKind;
  /** One sentence for a person. */
  readonly message: string;
}

const EMPTY = new Uint8Array(0);

/** Follows one chain, row by row in the order of `seq`. Keeps two rows at most. */
export class ChainWalk {
  readonly chain: string;
  readonly #head: Head | undefined;
  #seq = 0;
  #hash: Uint8Array = EMPTY;
  #before: Uint8Array = EMPTY;
  #fault: Fault | undefined;

  constructor(chain: string, head: Head | undefined) {
    this.chain = chain;
    this.#head = head;
    if (head === undefined) this.#blame(1, "HeadMissing", "its owner (a rotation, or the install) is gone");
  }

  /** Looks at the next row. After the first fault nothing more is looked at. */
  next(row: StoredRow): void {
    if (this.#fault !== undefined) return;
    const expected = this.#seq + 1;
    if (row.seq !== expected) {
      this.#blame(expected, "Deleted", `row ${expected} is missing; the next one is ${row.seq}`);
      return;
    }
    if (!same(digest(this.#hash, row.canonical), row.hash)) {
      this.#explain(row);
      return;
    }
    if (!claims(row.canonical, this.chain, row.seq)) {
      this.#blame(row.seq, "Reordered", `row ${row.seq} says itself that it belongs to another place`);
      return;
    }
    this.#before = this.#hash;
    this.#hash = row.hash;
    this.#seq = row.seq;
  }

  /** After the last row: compares with the head. */
  end(): Fault | undefined {
    const head = this.#head;
    if (this.#fault !== undefined || head === undefined) return this.#fault;
    if (this.#seq < head.seq) {
      this.#blame(
        this.#seq + 1,
        "TailCut",
        `the chain has ${head.seq} rows by its head, and ends after row ${this.#seq}`,
      );
    } else if (this.#seq > head.seq) {
      this.#blame(head.seq + 1, "Inserted", `the chain ends at row ${head.seq} by its head, and more rows follow`);
    } else if (!same(this.#hash, head.hash)) {
      this.#blame(this.#seq, "Edited", `row ${this.#seq}, or one before it, was rewritten together with its hash`);
    }
    return this.#fault;
  }

  /** The row does not continue its predecessor. Why: it was moved here, its predecessor was put in, or its bytes were changed. */
  #explain(row: StoredRow): void {
    if (this.#seq > 0 && same(digest(this.#before, row.canonical), row.hash)) {
      this.#blame(this.#seq, "Inserted", `row ${this.#seq} was put in: row ${row.seq} continues the one before it`);
    } else if (!claims(row.canonical, this.chain, row.seq)) {
      this.#blame(row.seq, "Reordered", `row ${row.seq} says itself that it belongs to another place`);
    } else {
      const rewritten = this.#seq === 0 ? "" : `, or row ${this.#seq} was rewritten together with its hash`;
      this.#blame(row.seq, "Edited", `row ${row.seq} is not what was hashed${rewritten}`);
    }
  }

  #blame(seq: number, kind: FaultKind, message: string): void {
    this.#fault ??= { chain: this.chain, seq, kind, message };
  }
}

function digest(previous: Uint8Array, canonical: Uint8Array): Uint8Array {
  return createHash("sha256").update(previous).update(canonical).digest();
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** True when the row's own bytes name this chain and this place. */
function claims(canonical: Uint8Array, chain: string, seq: number): boolean {
  try {
    const row: unknown = JSON.parse(Buffer.from(canonical).toString("utf8"));
    return (
      typeof row === "object" &&
      row !== null &&
      "chain" in row &&
      "seq" in row &&
      row.chain === chain &&
      row.seq === seq
    );
  } catch {
    return false;
  }
}
