/**
 * What the API server shows, written to the ledger in the order in which it is seen: at first everything of all kinds at once, so that a
 * new ledger records what is there and executes none of it; from then on what changes.
 */
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { Db } from "../../ledger/db.ts";
import type { Lease } from "../../ledger/lease.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import type { DesiredDocument, ObjectName, Problem, SourceLook } from "../look.ts";
import { type SyncReport, syncSource } from "../sync.ts";
import { keyOf } from "../shown.ts";
import { nameOf, readApiObject, type ReadContext } from "./documents.ts";

export const SOURCE = "kubernetes";

/** A change as the reflector hands it out; `object` is absent where it was deleted. */
export interface SeenChange {
  readonly key: string;
  readonly object: ApiObject | undefined;
}

export interface IntakeOptions {
  readonly db: Db;
  readonly lease: Lease;
  /** Names of the reflectors that must have listed everything before the first write. */
  readonly lists: readonly string[];
  /** Asked before each batch: what it answers holds for the batch. */
  readonly context: () => Promise<ReadContext>;
  readonly onSync: (report: SyncReport) => void;
}

interface Batch {
  readonly documents: DesiredDocument[];
  readonly problems: Problem[];
  readonly gone: ObjectName[];
  readonly paths: string[];
}

export interface Intake {
  /** Settles when the ledger has it, or, before the first write, when it is held. `whole`: the list has everything now. */
  take(list: string, kind: Kind, changes: readonly SeenChange[], whole: boolean): Promise<void>;
}

export function openIntake(options: IntakeOptions): Intake {
  return new OneByOne(options);
}

class OneByOne implements Intake {
  readonly #options: IntakeOptions;
  readonly #missing: Set<string>;
  readonly #held = new Map<string, { readonly kind: Kind; readonly change: SeenChange }>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#missing = new Set(options.lists);
  }

  async take(list: string, kind: Kind, changes: readonly SeenChange[], whole: boolean): Promise<void> {
    const before = this.#last;
    const mine = (async () => {
      await before.catch(() => undefined);
      if (this.#missing.size > 0) await this.#hold(list, kind, changes, whole);
      else if (changes.length > 0) await this.#write(kind, changes);
    })();
    this.#last = mine;
    return mine;
  }

  async #write(kind: Kind, changes: readonly SeenChange[]): Promise<void> {
    const { db, lease, context, onSync } = this.#options;
    const seen = changes.map((change) => ({ kind, change }));
    const batch = batchOf(seen, await context());
    const look = { ...lookOf(batch), only: { gone: batch.gone, paths: batch.paths } };
    onSync(await syncSource(db, look, lease));
  }

  async #hold(list: string, kind: Kind, changes: readonly SeenChange[], whole: boolean): Promise<void> {
    for (const change of changes) this.#held.set(keyOf(nameOf(kind, change.key)), { kind, change });
    if (!whole || this.#missing.size > 1 || !this.#missing.has(list)) {
      if (whole) this.#missing.delete(list);
      return;
    }
    const { db, lease, context, onSync } = this.#options;
    const shown = [...this.#held.values()].filter(({ change }) => change.object !== undefined);
    onSync(await syncSource(db, lookOf(batchOf(shown, await context())), lease));
    this.#missing.clear();
    this.#held.clear();
  }
}

function batchOf(seen: readonly { readonly kind: Kind; readonly change: SeenChange }[], context: ReadContext): Batch {
  const batch: Batch = { documents: [], problems: [], gone: [], paths: [] };
  for (const { kind, change } of seen) {
    const name = nameOf(kind, change.key);
    batch.paths.push(keyOf(name));
    if (change.object === undefined) {
      batch.gone.push(name);
      continue;
    }
    const { document, problems } = readApiObject(kind, change.object, context);
    if (document) batch.documents.push(document);
    batch.problems.push(...problems);
  }
  return batch;
}

function lookOf({ documents, problems }: Batch): SourceLook {
  return { source: SOURCE, kind: "kubernetes", trust: "claimed", documents, problems };
}
