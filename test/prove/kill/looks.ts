/** The looks between the rotations of one tale: none is waited for, and in the end one has seen everything that happened. */
import { readFileSync } from "node:fs";
import type { Db } from "../../../controller/ledger/db.ts";
import type { DriftEntry } from "../sim/agenda.ts";

const LOOK = { name: "kill_look", text: readFileSync(new URL("./look.sql", import.meta.url), "utf8") };
const REST = { name: "kill_rest", text: readFileSync(new URL("./rest.sql", import.meta.url), "utf8") };
/** One may have begun before the last thing happened; the next one has not. */
const ENOUGH = 2;
/** What is still there after so many is left to a person. */
const MOST = 12;

export class Looks {
  readonly #db: Db;
  readonly #namespace: string;
  #since = 0;
  readonly #ends = new Set<number>();

  constructor(db: Db, namespace: string) {
    this.#db = db;
    this.#namespace = namespace;
  }

  /** Somebody has done something: what was seen before says nothing of it. */
  happened(): void {
    this.#since = Date.now();
    this.#ends.clear();
  }

  /** Between rotations only. False: another look was asked for. */
  async isOver(drift: DriftEntry | null): Promise<boolean> {
    if (drift && (drift.checkedAt ?? 0) > this.#since) this.#ends.add(drift.checkedAt ?? 0);
    if (this.#ends.size >= (drift && isCalm(drift) ? ENOUGH : MOST)) return true;
    await this.#db.query(LOOK, [this.#namespace]);
    return false;
  }

  /** The tale is over. */
  async end(): Promise<void> {
    await this.#db.query(REST, [this.#namespace]);
  }
}

/** Nobody looks now, and no place differs. */
function isCalm({ heldUntil, findings }: DriftEntry): boolean {
  return heldUntil === null && findings.every(({ place }) => place.startsWith("@"));
}
