/**
 * A double of the ledger, in memory: what its statements do, by their names. It tells many more schedules in the same time, and proves
 * nothing by itself: that it does what Postgres does is tested beside it.
 */
import type { Db, Statement } from "../../../../controller/ledger/db.ts";
import { BEGINNING } from "../clock.ts";
import { AGENDA } from "./agenda.ts";
import { AUDIT } from "./audit.ts";
import { CORRECTIONS } from "./corrections.ts";
import { DRIFT } from "./drift.ts";
import { PLACES } from "./places.ts";
import { RECORD } from "./record.ts";
import { REQUESTS } from "./requests.ts";
import { RETIRED } from "./retired.ts";
import { ROTATIONS } from "./rotations.ts";
import { ROWS } from "./rows.ts";
import { SOURCES } from "./sources.ts";
import type { Statements } from "./tables.ts";
import { Tables } from "./tables.ts";
import { TOMBSTONES } from "./tombstones.ts";
import { Refused } from "./values.ts";
import { WORLD } from "./world.ts";

export const STATEMENTS: Statements = {
  ...AGENDA,
  ...AUDIT,
  ...CORRECTIONS,
  ...DRIFT,
  ...PLACES,
  ...RECORD,
  ...REQUESTS,
  ...RETIRED,
  ...ROTATIONS,
  ...ROWS,
  ...SOURCES,
  ...TOMBSTONES,
  ...WORLD,
};

export class MemoryLedger implements AsyncDisposable {
  readonly db: Db;
  readonly #run: Statements;
  readonly #tables = new Tables();
  #shown: number | undefined;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** What time it is for the server. */
  now: () => number = () => BEGINNING;
  /** Counted as the server is asked them, as a telling sees by them whether anything was written in between. */
  statements = 0;

  /** `instead`: statements that do something else, for the test of the test. */
  constructor(instead: Statements = {}) {
    this.#run = { ...STATEMENTS, ...instead };
    this.db = {
      query: async <Row>(statement: Statement, values: readonly unknown[] = []) => this.#query<Row>(statement, values),
      transaction: async (work) => this.#transaction(work),
    };
  }

  /** A new telling, of which the ledger knows nothing yet; its uuids begin with `prefix`, and its source is past its first look. */
  async begin(prefix: string): Promise<void> {
    const end = await this.#alone();
    this.#shown = undefined;
    await this.#showTime();
    await this.#asked();
    this.#tables.begin(prefix);
    end();
  }

  /** Resolves when nothing is asked of it; undefined when that is so already. */
  quiet(): Promise<void> | undefined {
    return this.#waiting === 0 ? undefined : this.#last.then(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quiet();
  }

  /** One after the other, in the order of asking; the next one's turn comes when this one's end is told. */
  async #alone(): Promise<() => void> {
    this.#waiting += 1;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return () => {
      this.#waiting -= 1;
      resolve();
    };
  }

  async #query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const { journal } = this.#tables;
    const end = await this.#alone();
    try {
      if (this.now() !== this.#shown) await this.#showTime();
      await this.#asked();
      const rows = this.#execute<Row>(statement, values);
      journal.commit();
      return rows;
    } finally {
      // What was committed is not taken back: nothing is left to take back.
      journal.rollback();
      end();
    }
  }

  async #transaction<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    const { journal } = this.#tables;
    const end = await this.#alone();
    await this.#showTime();
    let failed = false;
    const tx: Db = {
      query: async <Row>(statement: Statement, values: readonly unknown[] = []) => {
        await this.#asked();
        if (failed) throw new Refused("25P02", "current transaction is aborted");
        try {
          return this.#execute<Row>(statement, values);
        } catch (error) {
          failed = true;
          throw error;
        }
      },
      transaction: async () => Promise.reject(new Error("a transaction does not nest")),
    };
    await turn();
    try {
      const result = await work(tx);
      await turn();
      if (!failed) journal.commit();
      return result;
    } finally {
      journal.rollback();
      this.statements += 2;
      end();
    }
  }

  #execute<Row>({ name }: Statement, values: readonly unknown[]): Row[] {
    const run = this.#run[name];
    if (!run) throw new Error(`the double of the ledger does not know the statement ${name}`);
    return run(this.#tables, values) as Row[];
  }

  /** To the millisecond, as the server is told it. It stands still within a transaction. */
  async #showTime(): Promise<void> {
    const now = this.now();
    if (now === this.#shown) return;
    await this.#asked();
    this.#shown = now;
    this.#tables.now = Math.trunc(now);
  }

  /** The question counts from when it is asked. */
  #asked(): Promise<void> {
    this.statements += 1;
    return turn();
  }
}

/**
 * As an answer of the server comes only when nobody can go on without one: then those who work side by side take turns as they do
 * there.
 */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
