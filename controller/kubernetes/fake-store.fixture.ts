/** What a fake API server keeps: objects with versions, their history as far as it is not compacted, and pages that go on. */
import { randomUUID } from "node:crypto";

export interface FakeMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  [field: string]: unknown;
}

export interface FakeObject {
  apiVersion: string;
  kind: string;
  metadata: FakeMeta;
  [field: string]: unknown;
}

export interface FakeEvent {
  readonly revision: number;
  readonly collection: string;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: FakeObject;
}

export interface FakePage {
  readonly revision: number;
  readonly items: readonly FakeObject[];
  readonly token?: string;
}

/** Everything before this was asked for is forgotten. */
export class FakeGone extends Error {}

export class FakeStore {
  revision = 100;
  readonly #objects = new Map<string, FakeObject>();
  readonly #watchers = new Set<(event: FakeEvent) => void>();
  readonly #rests = new Map<string, { readonly revision: number; readonly items: readonly FakeObject[] }>();
  #history: FakeEvent[] = [];
  #compacted = 100;
  #tokens = 0;

  get(collection: string, key: string): FakeObject | undefined {
    return this.#objects.get(`${collection}#${key}`);
  }

  /** All of a collection, or of one namespace in it, by key. */
  all(collection: string, namespace?: string): FakeObject[] {
    return [...this.#objects]
      .filter(([place]) => place.startsWith(`${collection}#`))
      .map(([, object]) => object)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  }

  /** Creates, or replaces; without a change nothing happens. Keys are `namespace/name`, or `name`. */
  put(collection: string, key: string, fields: Record<string, unknown> = {}): FakeObject {
    const old = this.get(collection, key);
    const now = replaced(old, collection, key, fields);
    if (old && JSON.stringify({ ...old, metadata: now.metadata }) === JSON.stringify(now)) return old;
    now.metadata.resourceVersion = String((this.revision += 1));
    this.#objects.set(`${collection}#${key}`, now);
    this.#tell({ revision: this.revision, collection, type: old ? "MODIFIED" : "ADDED", object: now });
    return now;
  }

  remove(collection: string, key: string): boolean {
    const old = this.get(collection, key);
    if (!old) return false;
    this.#objects.delete(`${collection}#${key}`);
    this.revision += 1;
    const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(this.revision) } };
    this.#tell({ revision: this.revision, collection, type: "DELETED", object });
    return true;
  }

  #tell(event: FakeEvent): void {
    this.#history.push(event);
    for (const watcher of this.#watchers) watcher(event);
  }

  /** Forgets all history: whoever watches from before now is told that it is gone. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.revision;
  }

  /** Forgets how lists go on. */
  expireTokens(): void {
    this.#rests.clear();
  }

  /** As after etcd was restored from a backup: versions start again from a lower number, and what is newer never was. */
  restore(revision: number, keep: (object: FakeObject) => boolean): void {
    for (const [place, object] of this.#objects) if (!keep(object)) this.#objects.delete(place);
    this.revision = revision;
    this.#history = [];
    this.#compacted = 0;
  }

  /** A page; all pages of one list show the same moment. Throws FakeGone for a token that expired. */
  page(collection: string, namespace: string | undefined, limit: number, token: string | undefined): FakePage {
    const whole = { revision: this.revision, items: this.all(collection, namespace) };
    const from = token === undefined ? whole : this.#rests.get(token);
    if (!from) throw new FakeGone();
    if (from.items.length <= limit) return from;
    const next = `token-${(this.#tokens += 1)}`;
    this.#rests.set(next, { revision: from.revision, items: from.items.slice(limit) });
    return { revision: from.revision, items: from.items.slice(0, limit), token: next };
  }

  /** What happened after a version, and then whatever happens. Throws FakeGone when that is forgotten. */
  follow(
    collection: string,
    namespace: string | undefined,
    after: number,
    tell: (event: FakeEvent) => void,
  ): () => void {
    if (after < this.#compacted) throw new FakeGone();
    const chosen = (event: FakeEvent): void => {
      const { revision, object } = event;
      const mine =
        event.collection === collection && (namespace ?? object.metadata.namespace) === object.metadata.namespace;
      if (mine && revision > after) tell(event);
    };
    for (const event of this.#history) chosen(event);
    this.#watchers.add(chosen);
    return () => this.#watchers.delete(chosen);
  }
}

/** What identifies an object is the server's, whatever is asked. */
function replaced(
  old: FakeObject | undefined,
  collection: string,
  key: string,
  fields: Record<string, unknown>,
): FakeObject {
  const [name = "", namespace] = key.split("/").toReversed();
  const { metadata = {}, ...rest } = fields;
  const { uid, generation, resourceVersion } = old?.metadata ?? {
    uid: randomUUID(),
    generation: 0,
    resourceVersion: "",
  };
  return {
    apiVersion: collection.replace(/^apis?\//, "").replace(/\/[^/]+$/, ""),
    kind: "Thing",
    ...rest,
    metadata: {
      ...(typeof metadata === "object" ? metadata : {}),
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      generation: generation + 1,
      resourceVersion,
    },
  };
}
