/** Rows by their key, and what takes back the changes of a statement or a transaction. */

interface Change {
  readonly rows: Map<string, object>;
  readonly key: string;
  /** Undefined: there was none. */
  readonly before: object | undefined;
}

/** What was changed since the last commit. */
export class Journal {
  #changes: Change[] = [];

  note(change: Change): void {
    this.#changes.push(change);
  }

  commit(): void {
    if (this.#changes.length > 0) this.#changes = [];
  }

  rollback(): void {
    if (this.#changes.length === 0) return;
    for (const { rows, key, before } of this.#changes.toReversed()) {
      if (before) rows.set(key, before);
      else rows.delete(key);
    }
    this.#changes = [];
  }
}

/** A row is never changed, but replaced. Rows stand in the order in which they were made. */
export class Table<Row extends object> {
  readonly #rows = new Map<string, Row>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  put(key: string, row: Row): Row {
    this.#journal.note({ rows: this.#rows, key, before: this.#rows.get(key) });
    this.#rows.set(key, row);
    return row;
  }

  delete(key: string): void {
    this.#journal.note({ rows: this.#rows, key, before: this.#rows.get(key) });
    this.#rows.delete(key);
  }

  where(test: (row: Row) => boolean): Row[] {
    const found: Row[] = [];
    for (const row of this.#rows.values()) if (test(row)) found.push(row);
    return found;
  }

  find(test: (row: Row) => boolean): Row | undefined {
    for (const row of this.#rows.values()) if (test(row)) return row;
    return undefined;
  }

  /** Not taken back by a rollback: a new telling begins. */
  empty(): void {
    this.#rows.clear();
  }
}
