/**
 * Whose credential is this at the vendor? Pure. What cannot be attributed is never ended: a marker of ours that this ledger does not
 * know is not enough either, because the ledger may have been restored from a backup and the credential be in use.
 */
import type { IssuedKey, KeyId, MintClass } from "../../adapters/contract.ts";
import type { AttemptRow, Inventory, World } from "./world.ts";

/** One mint whose result is looked for. */
export interface Sought {
  readonly attempt: string;
  readonly marker: string;
  /** What the vendor had before. */
  readonly inventory: Inventory;
  readonly createdAt: string;
}

export interface Attribution {
  /** Certainly made by this attempt. */
  readonly ours: readonly KeyId[];
  /** Perhaps made by it, perhaps by somebody else: for a person. */
  readonly doubtful: readonly KeyId[];
}

/** The vendor's clock may be behind the ledger's by this much. */
const SKEW_MS = 120_000;

export const BY_MARKER: ReadonlySet<MintClass> = new Set<MintClass>(["client-supplied", "re-readable", "markable"]);

/** Vendors that make a new value of the same credential, and whose old one ends by that. */
export const BY_GENERATION: ReadonlySet<MintClass> = new Set<MintClass>([
  "native-grace",
  "roll-in-place",
  "vendor-distributed",
]);

/**
 * Which of these did the attempt make? `known` are ids that the ledger has an owner for: never among the answers.
 * `exclusive`: the manifest says that Velvet alone mints this credential.
 */
export function attribute(
  sought: Sought,
  keys: readonly IssuedKey[],
  known: ReadonlySet<KeyId>,
  { mintClass, exclusive }: { readonly mintClass: MintClass; readonly exclusive: boolean },
): Attribution {
  const rest = keys.filter((key) => !known.has(key.id));
  if (BY_MARKER.has(mintClass)) {
    return { ours: rest.filter((key) => carries(key, sought)).map((key) => key.id), doubtful: [] };
  }
  const appeared = rest.filter((key) => appearedSince(key, sought)).map((key) => key.id);
  // Generations of one credential: the newest cannot be ended without ending all.
  return exclusive && !BY_GENERATION.has(mintClass)
    ? { ours: appeared, doubtful: [] }
    : { ours: [], doubtful: appeared };
}

/** A vendor with a short field shows only the end of our marker, which always holds the attempt's id. */
export function carries({ marker }: IssuedKey, sought: Pick<Sought, "attempt" | "marker">): boolean {
  return marker !== undefined && marker.endsWith(sought.attempt) && sought.marker.endsWith(marker);
}

function appearedSince(key: IssuedKey, { inventory, createdAt }: Sought): boolean {
  if (inventory.some((before) => before.id === key.id)) return false;
  return key.createdAt === undefined || Date.parse(key.createdAt) >= Date.parse(createdAt) - SKEW_MS;
}

/**
 * Whether a tombstone is filed: for a mint whose value is lost wherever the vendor lists what it made, for one that succeeded only where
 * a second copy of it can be told from what others made.
 */
export function isWatched(world: Pick<World, "issuer" | "rotation">, isLost: boolean): boolean {
  const { mintClass, authority } = world.issuer;
  // Nobody lists what only its acceptors know.
  if (authority === "acceptors") return false;
  if (BY_MARKER.has(mintClass) || BY_GENERATION.has(mintClass)) return true;
  return mintClass === "unmarked" && (isLost || world.rotation.snapshot.credential.spec.exclusive === true);
}

export function soughtOf(attempt: AttemptRow): Sought {
  const { id, marker, inventory, createdAt } = attempt;
  return { attempt: id, marker, inventory, createdAt };
}
