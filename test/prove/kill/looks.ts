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
    const { checkedAt = null, findings = [], heldUntil = null } = drift ?? {};
    if (checkedAt !== null && checkedAt > this.#since) this.#ends.add(checkedAt);
    const isCalm = heldUntil === null && findings.every(({ place }) => place.startsWith("@"));
    if ((isCalm && this.#ends.size >= ENOUGH) || this.#ends.size >= MOST) return true;
    await this.ask();
    return false;
  }

  async ask(): Promise<void> {
    await this.#db.query(LOOK, [this.#namespace]);
  }

  /** The tale is over. */
  async end(): Promise<void> {
    await this.#db.query(REST, [this.#namespace]);
  }
}
