/** Places that hold a copy, with the semantics of real sinks. */
import type { SinkKind } from "../api.ts";
import { sinkTraitsOf } from "./shape.ts";

/** Plain text by field or by key name. */
export type Fields = Readonly<Record<string, string>>;

export interface PlaceKey {
  readonly field: string;
  readonly name: string;
  /** An acceptor's second slot. */
  readonly previousName?: string;
}

/** A write that has not taken effect: it waits for a release, or for somebody who approves it. */
export interface Waiting {
  readonly version: number;
  readonly keys: Readonly<Record<string, string | null>>;
  /** The release will fail, or nobody will approve. */
  readonly doomed: boolean;
}

export interface Place {
  readonly id: string;
  readonly kind: SinkKind;
  readonly atomic: boolean;
  readonly keys: readonly PlaceKey[];
  /** What is in effect, by key name. */
  readonly values: Map<string, string>;
  /** Counts writes, those in waiting included. */
  version: number;
  changedAt: number | undefined;
  waiting: Waiting[];
  /** Versions that never took effect. */
  readonly failed: Set<number>;
  /** Only the vendor itself may change it. */
  managed: boolean;
  /** It lets in what has ended until then. */
  leaksUntil?: number;
}

export function makePlace(id: string, kind: SinkKind, keys: readonly PlaceKey[]): Place {
  const { atomic } = sinkTraitsOf(kind);
  return {
    id,
    kind,
    atomic,
    keys,
    values: new Map(),
    version: 0,
    changedAt: undefined,
    waiting: [],
    failed: new Set(),
    managed: false,
  };
}

/** By field: what the place presents now. */
export function presented(place: Place): Fields {
  return slot(place, (key) => key.name);
}

/** What an acceptor takes now: the value in its first slot, and the one in its second where it has one. */
export function slotValues(place: Place): readonly Fields[] {
  const first = presented(place);
  const second = slot(place, (key) => key.previousName);
  return [first, second].filter((fields) => Object.keys(fields).length > 0);
}

function slot(place: Place, nameOf: (key: PlaceKey) => string | undefined): Fields {
  const found: Record<string, string> = {};
  for (const key of place.keys) {
    const name = nameOf(key);
    const text = name === undefined ? undefined : place.values.get(name);
    if (text !== undefined) found[key.field] = text;
  }
  return found;
}

export function valuesFor(place: Place, value: Fields): Record<string, string> {
  return Object.fromEntries(
    place.keys.flatMap(({ field, name }) => (value[field] === undefined ? [] : [[name, value[field]]])),
  );
}
