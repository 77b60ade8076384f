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

/** What a row says. */
export type Members = Readonly<Record<string, unknown>>;

const EMPTY = new Uint8Array(0);

/** Follows one chain, row by row in the order of `seq`. Keeps two rows at most. */
export class ChainWalk {
  readonly chain: string;
  readonly #head: Head | undefined;
  #seq = 0;
  #hash: Uint8Array = EMPTY;
  #before: Uint8Array | undefined;
  #fault: Fault | undefined;

  /** `after`: where the rows that are looked at begin, where those before are not at hand. */
  constructor(chain: string, head: Head | undefined, after?: Head) {
    this.chain = chain;
    this.#head = head;
    if (after !== undefined) [this.#seq, this.#hash] = [after.seq, after.hash];
    if (head === undefined) this.#blame(1, "HeadMissing", "its owner (a rotation, or the install) is gone");
  }

  /** Looks at the next row: what it says, where nothing is wrong up to it. After the first fault nothing more is looked at. */
  next(row: StoredRow): Members | undefined {
    if (this.#fault !== undefined) return undefined;
    const expected = this.#seq + 1;
    if (row.seq !== expected) {
      return this.#blame(expected, "Deleted", `row ${expected} is missing; the next one is ${row.seq}`);
    }
    if (!same(digest(this.#hash, row.canonical), row.hash)) {
      return this.#explain(row);
    }
    const members = membersOf(row.canonical);
    if (members["chain"] !== this.chain || members["seq"] !== row.seq) {
      return this.#blame(row.seq, "Reordered", `row ${row.seq} says itself that it belongs to another place`);
    }
    this.#before = this.#hash;
    this.#hash = row.hash;
    this.#seq = row.seq;
    return members;
  }

  /** Without a look at the head, where the rows end earlier. */
  get faultSoFar(): Fault | undefined {
    return this.#fault;
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
  #explain(row: StoredRow): undefined {
    const members = membersOf(row.canonical);
    if (this.#before !== undefined && same(digest(this.#before, row.canonical), row.hash)) {
      this.#blame(this.#seq, "Inserted", `row ${this.#seq} was put in: row ${row.seq} continues the one before it`);
    } else if (members["chain"] !== this.chain || members["seq"] !== row.seq) {
      this.#blame(row.seq, "Reordered", `row ${row.seq} says itself that it belongs to another place`);
    } else {
      const rewritten = this.#seq === 0 ? "" : `, or row ${this.#seq} was rewritten together with its hash`;
      this.#blame(row.seq, "Edited", `row ${row.seq} is not what was hashed${rewritten}`);
    }
  }

  #blame(seq: number, kind: FaultKind, message: string): undefined {
    this.#fault ??= { chain: this.chain, seq, kind, message };
  }
}

function digest(previous: Uint8Array, canonical: Uint8Array): Uint8Array {
  return createHash("sha256").update(previous).update(canonical).digest();
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Nothing where the bytes are no JSON. */
function membersOf(canonical: Uint8Array): Members {
  try {
    const row: unknown = JSON.parse(Buffer.from(canonical).toString("utf8"));
    return typeof row === "object" && row !== null ? { ...row } : {};
  } catch {
    return {};
  }
}
