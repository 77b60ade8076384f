/** What the sight of one place means, at the grade that its sink allows. Pure. */
import type { SinkTraits } from "../../../adapters/contract.ts";
import { CUSTODY } from "../consumers.ts";
import type { Instant } from "../world.ts";
import type { Kind, Seen } from "./kinds.ts";
import { placeName } from "./kinds.ts";
import type { PlaceState } from "./memory.ts";

/** What is to be at a place. */
export interface Expected {
  readonly place: string;
  readonly grade: SinkTraits["grade"];
  /** Key name to the fingerprint of what is to stand there. `null`: nothing is. A key that is not named may hold anything. */
  readonly prints: Readonly<Record<string, string | null>>;
  /** What our own writes left. Absent: Velvet never wrote there, and nothing is expected of it. */
  readonly held?: { readonly version?: string; readonly until: Instant };
}

export interface SeenKey {
  readonly present: boolean;
  /** Only at the grade `value`; absent where what stands there is no plain value. */
  readonly print?: string;
  /** It is the fingerprint of a value from before. */
  readonly isOld?: boolean;
  /** What hides it from whoever reads the place. */
  readonly shadowedBy?: string;
}

/** What stands at a place, without values. */
export interface Sight {
  readonly keys: Readonly<Record<string, SeenKey>>;
  readonly version?: string;
  readonly changedAt?: Instant;
  readonly changedBy?: string;
}

export interface Meaning {
  readonly state: PlaceState;
  readonly seen: readonly Seen[];
  readonly digest: string;
  /** Nobody knew which version our write left: it is this one. */
  readonly version?: string;
}

/** The sink's clock may be before or behind the ledger's by this much. */
const SKEW_MS = 120_000;

export function meaningOf(expected: Expected, sight: Sight): Meaning {
  const digest = digestOf(expected, sight);
  if (expected.grade === "none") return { state: "unseen", seen: [], digest };
  const shadowed = shadowedIn(expected, sight, digest);
  if (expected.held === undefined) return { state: notGiven(expected, sight), seen: [], digest };
  const differing = [...keysThat(expected, sight, digest), ...shadowed];
  if (differing.length > 0) return { state: "drifted", seen: differing, digest };
  if (expected.grade === "value") return { state: "in-place", seen: [], digest };
  if (expected.grade === "presence") return { state: "present", seen: [], digest };
  return versionMeaning(expected, expected.held, sight, digest);
}

/** A place that a rotation will be the first to write: that it has the value already is said, and that it has not is no drift. */
function notGiven({ prints, grade }: Expected, { keys }: Sight): PlaceState {
  const wanted = Object.entries(prints);
  const has = grade === "value" && wanted.length > 0 && wanted.every(([name, print]) => stands(keys[name], print));
  return has ? "in-place" : "not-given";
}

function stands(key: SeenKey | undefined, print: string | null): boolean {
  return print === null ? key?.present !== true : key?.present === true && key.print === print;
}

function digestOf({ grade, prints }: Expected, { keys, version = "" }: Sight): string {
  const names = Object.keys(prints).sort();
  const told = names.map((name) => `${name}=${keys[name]?.print ?? (keys[name]?.present ? "present" : "absent")}`);
  return grade === "version" ? `${told.join(" ")} ${version}` : told.join(" ");
}

/** Whoever reads the place gets something else, whatever stands there. */
function shadowedIn({ place, grade, prints }: Expected, { keys }: Sight, digest: string): Seen[] {
  return Object.keys(prints).flatMap((name) => {
    const by = keys[name]?.shadowedBy;
    if (by === undefined) return [];
    const message = `${name} at ${placeName(place)} is hidden by ${by}, which is what is read there.`;
    return [
      { place, kind: "Shadowed" as const, grade, message, digest: `${digest} ${by}`, details: { keys: [name], by } },
    ];
  });
}

function keysThat(expected: Expected, sight: Sight, digest: string): Seen[] {
  const found = new Map<Kind, string[]>();
  for (const [name, print] of Object.entries(expected.prints)) {
    const kind = kindOf(expected, print, sight.keys[name]);
    if (kind) found.set(kind, [...(found.get(kind) ?? []), name]);
  }
  return [...found].map(([kind, keys]) => seenAs(expected, sight, { kind, keys, digest }));
}

function kindOf({ place, grade }: Expected, print: string | null, key: SeenKey | undefined): Kind | undefined {
  const isThere = key?.present === true;
  if (print === null) return isThere && grade === "value" ? changedKind(place, key) : undefined;
  if (!isThere) return "ValueRemoved";
  if (grade !== "value" || key.print === print) return undefined;
  return changedKind(place, key);
}

function changedKind(place: string, { isOld }: SeenKey): Kind {
  if (isOld === true) return "RevertedToOld";
  return place === CUSTODY ? "CustodyDiffers" : "ValueChanged";
}

const SAID: Partial<Record<Kind, string>> = {
  ValueRemoved: "is not there any more",
  RevertedToOld: "is a value from before",
  ValueChanged: "is another value than the one that Velvet wrote",
  CustodyDiffers: "is another value than the one that the ledger knows",
};

interface Differing {
  readonly kind: Kind;
  readonly keys: readonly string[];
  readonly digest: string;
}

function seenAs({ place, grade }: Expected, sight: Sight, { kind, keys, digest }: Differing): Seen {
  const message = `${keys.join(", ")} at ${placeName(place)} ${SAID[kind] ?? "differs"}${writer(sight)}.`;
  return { place, kind, grade, message, digest, details: { keys, ...writtenIn(sight) } };
}

function writer({ changedBy, changedAt }: Sight): string {
  const by = changedBy === undefined ? "" : ` by ${changedBy}`;
  const at = changedAt === undefined ? "" : ` at ${changedAt}`;
  return by + at === "" ? "" : `, written${by}${at}`;
}

function writtenIn({ version, changedAt, changedBy }: Sight): Seen["details"] {
  return {
    ...(version === undefined ? {} : { version }),
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(changedBy === undefined ? {} : { changedBy }),
  };
}

/**
 * Nobody can see the value: what is known is whether it was written since our own write. A write of ours may have landed late, so that
 * up to then every version is ours.
 */
function versionMeaning(
  expected: Expected,
  { version, until }: NonNullable<Expected["held"]>,
  sight: Sight,
  digest: string,
): Meaning {
  if (sight.version !== undefined && sight.version === version) return { state: "unchanged", seen: [], digest };
  const { changedAt } = sight;
  const isOurs = changedAt === undefined ? version === undefined : Date.parse(changedAt) <= Date.parse(until) + SKEW_MS;
  if (isOurs) {
    return { state: "unchanged", seen: [], digest, ...(sight.version === undefined ? {} : { version: sight.version }) };
  }
  if (changedAt === undefined && sight.version === undefined) return { state: "present", seen: [], digest };
  const { place, grade } = expected;
  const message = `${placeName(place)} was written after Velvet wrote it${writer(sight)}; its value cannot be seen.`;
  const seen: Seen = { place, kind: "ValueChanged", grade, message, digest, details: writtenIn(sight) };
  return { state: "drifted", seen: [seen], digest };
}
