/**
 * What the API server shows, written to the ledger in the order in which it is seen, page by page, so that nothing but names is held. The
 * first look is one whole in many parts: a new ledger records what is there and executes none of it until the last part stands; one that
 * breaks off begins anew. Kinds are looked at in their order, so that no request is executed with an account or a Credential of yesterday.
 */
import type { Kind } from "../../../crds/kinds.gen.ts";
import { type Db, statement } from "../../ledger/db.ts";
import type { Lease } from "../../ledger/lease.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import type { DesiredDocument, ObjectName, Problem, SourceLook } from "../look.ts";
import { type SyncReport, syncSource } from "../sync.ts";
import { keyOf } from "../shown.ts";
import { nameOf, readApiObject, type ReadContext } from "./documents.ts";

export const SOURCE = "kubernetes";

const SOURCE_PATHS = statement("source_paths");

/** A change as the reflector hands it out; `object` is absent where it was deleted. */
export interface SeenChange {
  readonly key: string;
  readonly object: ApiObject | undefined;
}

export interface IntakeOptions {
  readonly db: Db;
  readonly lease: Lease;
  /** All that is listed, in the order in which they become whole: those of a kind together. */
  readonly lists: readonly { readonly name: string; readonly kind: Kind }[];
  /** Asked before each batch: what it answers holds for the batch. */
  readonly context: () => Promise<ReadContext>;
  /** Whether the source's row has something worse to say than how the look went. */
  readonly isIll?: () => boolean;
  /** Of the first look once, when all of it stands in the ledger. */
  readonly onSync: (report: SyncReport) => void;
}

interface Batch {
  readonly documents: DesiredDocument[];
  readonly problems: Problem[];
  readonly gone: ObjectName[];
  readonly paths: string[];
}

export interface Intake {
  /** Settles when the ledger has it. May be repeated when it rejects. `whole`: the list has everything now. */
  take(list: string, kind: Kind, changes: readonly SeenChange[], whole: boolean): Promise<void>;
}

export function openIntake(options: IntakeOptions): Intake {
  return new OneByOne(options);
}

/** What the ledger holds and nobody shows is forgotten in parts, too. */
const FORGOTTEN_AT_ONCE = 500;

class OneByOne implements Intake {
  readonly #options: IntakeOptions;
  /** Lists that do not have everything yet: while there are any, this is the first look. */
  readonly #missing: Map<string, Kind>;
  /** Paths of the kind that is being listed. */
  readonly #shown = new Set<string>();
  #sum: SyncReport | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#missing = new Map(options.lists.map(({ name, kind }) => [name, kind]));
  }

  async take(list: string, kind: Kind, changes: readonly SeenChange[], whole: boolean): Promise<void> {
    const before = this.#last;
    const mine = (async () => {
      await before.catch(() => undefined);
      if (this.#missing.size > 0) await this.#first(list, kind, changes, whole);
      else if (changes.length > 0) this.#options.onSync(await this.#write(kind, changes));
    })();
    this.#last = mine;
    return mine;
  }

  async #first(list: string, kind: Kind, changes: readonly SeenChange[], whole: boolean): Promise<void> {
    if (changes.length > 0) this.#add(await this.#write(kind, changes, "part"));
    // Also what a list that is whole goes on to bring, while another one of its kind is not.
    if ([...this.#missing.values()].includes(kind)) this.#note(kind, changes);
    if (!whole || !this.#missing.has(list)) return;
    const others = [...this.#missing].filter(([name]) => name !== list);
    if (others.every(([, other]) => other !== kind)) await this.#forget(kind);
    if (others.length === 0) this.#done(await this.#write(kind, [], "last"));
    this.#missing.delete(list);
  }

  #note(kind: Kind, changes: readonly SeenChange[]): void {
    for (const { key, object } of changes) {
      const path = keyOf(nameOf(kind, key));
      if (object === undefined) this.#shown.delete(path);
      else this.#shown.add(path);
    }
  }

  /** What the ledger has of a kind, and the whole of it does not show. */
  async #forget(kind: Kind): Promise<void> {
    const held = await this.#options.db.query<{ path: string }>(SOURCE_PATHS, [SOURCE, kind]);
    const gone = held
      .map(({ path }) => path)
      .filter((path) => !this.#shown.has(path))
      .map((path) => ({ key: path.slice(kind.length + 1), object: undefined }));
    for (let at = 0; at < gone.length; at += FORGOTTEN_AT_ONCE) {
      this.#add(await this.#write(kind, gone.slice(at, at + FORGOTTEN_AT_ONCE), "part"));
    }
    this.#shown.clear();
  }

  #add(report: SyncReport): void {
    this.#sum = this.#sum === undefined ? report : summed(this.#sum, report);
  }

  #done(report: SyncReport): void {
    this.#add(report);
    if (this.#sum !== undefined) this.#options.onSync(this.#sum);
    this.#sum = undefined;
  }

  async #write(kind: Kind, changes: readonly SeenChange[], first?: "part" | "last"): Promise<SyncReport> {
    const { db, lease, context, isIll } = this.#options;
    const { documents, problems, gone, paths } = batchOf(kind, changes, await context());
    const look: SourceLook = {
      source: SOURCE,
      kind: "kubernetes",
      trust: "claimed",
      documents,
      problems,
      only: { gone, paths, ...(first === undefined ? {} : { first }) },
      ill: isIll?.() === true,
    };
    return syncSource(db, look, lease);
  }
}

function summed(a: SyncReport, b: SyncReport): SyncReport {
  return {
    ...b,
    changed: a.changed + b.changed,
    removed: a.removed + b.removed,
    requests: a.requests + b.requests,
    decisions: a.decisions + b.decisions,
    suspended: a.suspended + b.suspended,
    problems: [...a.problems, ...b.problems].slice(0, MOST_PROBLEMS),
  };
}

/** So many the ledger shows of a source. */
const MOST_PROBLEMS = 1_000;

function batchOf(kind: Kind, changes: readonly SeenChange[], context: ReadContext): Batch {
  const batch: Batch = { documents: [], problems: [], gone: [], paths: [] };
  for (const { key, object } of changes) {
    const name = nameOf(kind, key);
    batch.paths.push(keyOf(name));
    if (object === undefined) {
      batch.gone.push(name);
      continue;
    }
    const { document, problems } = readApiObject(kind, object, context);
    if (document) batch.documents.push(document);
    batch.problems.push(...problems);
  }
  return batch;
}
