/** What can differ between rotations, and what is said of it. Never a value. Pure. */
import type { SinkTraits } from "../../../adapters/contract.ts";
import type { Instant, Who } from "../world.ts";

/** Of one place, from the one that tells most to the one that tells least. */
export const PLACE_KINDS = [
  "ValueRemoved",
  "RevertedToOld",
  "ValueChanged",
  "CustodyDiffers",
  "Shadowed",
  "Renamed",
  "Unreachable",
  "DoubleWriter",
  "DriftFight",
] as const;

/** Of the vendor, of accounts, and between Credentials. */
export const OTHER_KINDS = [
  "CurrentMissing",
  "CurrentDisabled",
  "CurrentRefused",
  "CurrentExpired",
  "CurrentExpiring",
  "OldStillUsed",
  "RetiredStillLive",
  "Orphan",
  "UnknownKey",
  "SharedValue",
  "AccountNotReady",
] as const;

export type Kind = (typeof PLACE_KINDS)[number] | (typeof OTHER_KINDS)[number];

/** Where a finding of the vendor's inventory stands. No consumer has such an id. */
export const AT_VENDOR = "@vendor";
const AT_ACCOUNT = "@account/";

/** `value`: by fingerprint. `version`: by who wrote and when. `presence`: that something is there. `vendor`: as the vendor lists it. */
export type Grade = SinkTraits["grade"] | "vendor";

/** A difference as one look saw it. */
export interface Seen {
  readonly place: string;
  readonly kind: Kind;
  readonly grade: Grade;
  /** One sentence for a person. */
  readonly message: string;
  /** The same as long as the same is seen. Made of keyed fingerprints where it is made of values. */
  readonly digest: string;
  readonly details: Readonly<Record<string, string | number | readonly string[]>>;
  /** A vendor's list can lag behind: people are told when it is seen a second time. */
  readonly doubtful?: boolean;
}

/** A difference as the ledger keeps it. */
export interface Finding extends Omit<Seen, "doubtful"> {
  readonly state: "suspected" | "open";
  readonly since: Instant;
  readonly lastSeenAt: Instant;
  /** It may stay so, as long as its digest stays. */
  readonly acceptedBy?: Who;
  readonly wantedBy?: Who;
}

export function accountPlace(account: string): string {
  return `${AT_ACCOUNT}${account}`;
}

/** How people call a place. */
export function placeName(place: string): string {
  if (place === "") return "custody";
  if (place === AT_VENDOR) return "the vendor";
  return place.startsWith(AT_ACCOUNT) ? `account ${place.slice(AT_ACCOUNT.length)}` : place;
}

/** People are to know of it: it is certain, and nobody said that it may be so. */
export function isLoud({ state, acceptedBy }: Pick<Finding, "state" | "acceptedBy">): boolean {
  return state === "open" && acceptedBy === undefined;
}
