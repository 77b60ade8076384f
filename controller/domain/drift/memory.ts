/** What one look at a Credential leaves behind for the next one. Without values. Pure. */
import type { SinkTraits } from "../../../adapters/contract.ts";
import type { Instant } from "../world.ts";

/**
 * `in-place`: holds the value. `unchanged`: nobody wrote it since we did. `present`: something is there. `unseen`: the sink shows nothing.
 * `not-given`: no rotation has written it. `unreached`: it could not be looked at. `left`: as it was, because the look was put off.
 */
export type PlaceState =
  | "in-place"
  | "unchanged"
  | "present"
  | "unseen"
  | "not-given"
  | "drifted"
  | "unreached"
  | "left";

export interface PlaceMemory {
  readonly grade: SinkTraits["grade"];
  readonly state: PlaceState;
  /** When it was last looked at, where the look as a whole was put off. */
  readonly at?: Instant;
  /** Of what stood there; absent before it could be read. */
  readonly digest?: string;
  /** When somebody else than Velvet changed it, as far as looks can tell; of the last day. */
  readonly changes?: readonly Instant[];
  /** Looks in a row that failed. */
  readonly failures?: number;
}

export interface Memory {
  readonly places?: Readonly<Record<string, PlaceMemory>>;
  /** Of the manifest that was looked with: what another one sees elsewhere, or otherwise, nobody wrote. */
  readonly generation?: number;
  /** Of the vendor's list: how many there are that Velvet has nothing to do with. */
  readonly others?: number;
  /** Looks at the vendor in a row that failed. */
  readonly vendorFailures?: number;
}

const DAY_MS = 86_400_000;
const MOST_CHANGES = 16;
/** Somebody overwrites it, and somebody else overwrites that: one change back and forth is a mistake and its mending. */
const FIGHTING = 3;

/** The place as it is remembered after it was read. `isOurs`: Velvet itself wrote it since the last look. */
export function remembered(
  before: PlaceMemory | undefined,
  seen: { readonly grade: PlaceMemory["grade"]; readonly state: PlaceState; readonly digest: string },
  now: Instant,
  isOurs: boolean,
): PlaceMemory {
  const since = Date.parse(now) - DAY_MS;
  const known = (before?.changes ?? []).filter((at) => Date.parse(at) >= since);
  const isComparable = before?.digest !== undefined && before.grade === seen.grade;
  const changed = isComparable && before.digest !== seen.digest && !isOurs;
  const changes = (changed ? [...known, now] : known).slice(-MOST_CHANGES);
  return { ...seen, at: now, ...(changes.length === 0 ? {} : { changes }) };
}

export function isFoughtOver({ changes = [] }: PlaceMemory): boolean {
  return changes.length >= FIGHTING;
}

/** Nothing of it is to be written again. */
export function isSameMemory(before: Memory, now: Memory): boolean {
  const [known, seen] = [before.places ?? {}, now.places ?? {}];
  const places = Object.keys(seen);
  return (
    before.generation === now.generation &&
    before.others === now.others &&
    before.vendorFailures === now.vendorFailures &&
    places.length === Object.keys(known).length &&
    places.every((place) => isSamePlace(known[place], seen[place]))
  );
}

const COMPARED = ["grade", "state", "at", "digest", "failures"] as const;

function isSamePlace(before: PlaceMemory | undefined, now: PlaceMemory | undefined): boolean {
  return (
    COMPARED.every((field) => before?.[field] === now?.[field]) &&
    isSameList(before?.changes ?? NONE, now?.changes ?? NONE)
  );
}

const NONE: readonly Instant[] = [];

function isSameList(one: readonly Instant[], other: readonly Instant[]): boolean {
  return one.length === other.length && one.every((at, index) => at === other[index]);
}
