/** What accepting a restored ledger writes for one Credential. Nothing of it asks a vendor, and nothing is revoked. Pure. */
import type { KeyId } from "../../../adapters/contract.ts";
import { BY_GENERATION } from "../attribution.ts";
import type { RetiredRow } from "../world.ts";
import type { VendorEntry } from "./inventory.ts";
import { isAccepted } from "./happened.ts";
import type { Happened, Known, LiveRotation, PlaceSight } from "./subject.ts";

/** What a place holds, for the looks between rotations. */
export interface HeldNow {
  readonly place: string;
  readonly version?: string;
}

export type Act =
  /** What custody holds is the current one from now on. */
  | {
      readonly do: "adopt";
      readonly id: KeyId | null;
      readonly print: string;
      readonly prints: Readonly<Record<string, string>>;
      readonly attempt?: string;
      readonly issuedAt?: string;
      readonly held: readonly HeldNow[];
    }
  /** The rotation that was under way ends as aborted: it came to its end in the time that is lost. */
  | {
      readonly do: "end";
      readonly rotation: string;
      readonly name: string;
      readonly from: string;
      readonly gone: boolean;
    }
  /** An old credential, or one that the ledger forgot, has a row of its own: only a person ends it. */
  | { readonly do: "keep"; readonly id: KeyId; readonly state: "live" | "quarantined"; readonly because: string }
  /** Somebody brought an old credential back: it is not destroyed by what the ledger remembers. */
  | { readonly do: "spare"; readonly id: KeyId }
  /** A request of the time that is lost is not executed a second time. */
  | { readonly do: "close"; readonly uid: string; readonly name: string };

export function actsFor(known: Known, happened: Happened, vendor: readonly VendorEntry[]): Act[] {
  return [
    ...adoption(known, happened),
    ...ending(known, happened),
    ...keeping(known, happened, vendor),
    ...sparing(known, vendor),
    ...closing(known, happened, vendor),
  ];
}

const ADOPTS: ReadonlySet<Happened> = new Set<Happened>(["rotated", "finished"]);
const OVER: ReadonlySet<Happened> = new Set<Happened>(["rotated", "finished", "taken-back", "ended"]);

/** A Revocation goes on where what custody holds is dead: that is what it is for. */
function isOver({ flow }: LiveRotation, happened: Happened): boolean {
  return OVER.has(happened) && (happened !== "ended" || flow !== "Revocation");
}

function adoption({ subject, sight }: Known, happened: Happened): Act[] {
  const { held, keys, places } = sight;
  if (held === "nothing" || !ADOPTS.has(happened)) return [];
  const key = keys.find(({ id }) => id === held.id);
  const attempt = held.is === "attempt" ? subject.live?.attempt?.id : undefined;
  return [
    {
      do: "adopt",
      id: held.id ?? null,
      print: held.print,
      prints: held.prints,
      ...(attempt === undefined ? {} : { attempt }),
      ...(key?.createdAt === undefined ? {} : { issuedAt: key.createdAt }),
      held: places.flatMap((place) => (isTaken(place) ? [heldNow(place)] : [])),
    },
  ];
}

/** Where the value is seen to be the one in use; and where nobody can see it, so that a later change is noticed at least. */
function isTaken({ grade, holds }: PlaceSight): boolean {
  return holds === "current" || (grade === "version" && holds !== "nothing");
}

function heldNow({ place, version }: PlaceSight): HeldNow {
  return { place, ...(version === undefined ? {} : { version }) };
}

/** At most one rotation of a Credential is live at once: what custody holds otherwise was made after this one had ended. */
function ending({ subject: { live }, sight }: Known, happened: Happened): Act[] {
  if (live === null || !isOver(live, happened)) return [];
  const gone = sight.attempt === "dead";
  return [{ do: "end", rotation: live.id, name: live.name, from: live.state, gone }];
}

function keeping(known: Known, happened: Happened, vendor: readonly VendorEntry[]): Act[] {
  const { subject, traits } = known;
  if (BY_GENERATION.has(traits.mintClass)) return [];
  return vendor.flatMap((entry): Act[] => {
    const because = whyKept(known, happened, entry);
    if (because === undefined || entry.expiresAt !== undefined) return [];
    if (subject.retired.some(({ vendorId }) => vendorId === entry.id)) return [];
    return [{ do: "keep", id: entry.id, state: entry.enabled ? "live" : "quarantined", because }];
  });
}

function whyKept(
  { subject, sight }: Known,
  happened: Happened,
  { id, owner, isOurs }: VendorEntry,
): string | undefined {
  if (owner === "before" && ADOPTS.has(happened)) return "the ledger took it for the one in use";
  if (owner === "forgotten" && isOurs) return "Velvet minted it in the time that is lost";
  const { live } = subject;
  if (owner !== "attempt" || live === null || !isOver(live, happened)) return undefined;
  const made = sight.attempts.some((each) => each.id === live.attempt?.id && (each.vendorId === id || isOurs));
  return made ? `${live.name} minted it, which is over` : undefined;
}

/** Enabled again, or in somebody's hands: what the backup meant to destroy is not destroyed. */
function sparing({ subject, sight }: Known, vendor: readonly VendorEntry[]): Act[] {
  const enabled = new Set(vendor.flatMap(({ id, enabled: is }) => (is ? [id] : [])));
  const inHand = new Set(sight.places.flatMap(({ id }) => id ?? []));
  return subject.retired
    .filter(({ vendorId, state }) => isToGo(state) && (inHand.has(vendorId) || isBack(state, enabled.has(vendorId))))
    .map(({ vendorId }) => ({ do: "spare", id: vendorId }));
}

function isToGo(state: RetiredRow["state"]): boolean {
  return state === "quarantined" || state === "live";
}

function isBack(state: RetiredRow["state"], isEnabled: boolean): boolean {
  return state === "quarantined" && isEnabled;
}

/** Something was done for this Credential in the time that is lost: which of its requests it was, nobody can tell any more. */
function closing({ subject }: Known, happened: Happened, vendor: readonly VendorEntry[]): Act[] {
  const isDone = happened === "rotated" || vendor.some(({ owner, isOurs }) => owner === "forgotten" && isOurs);
  if (!isDone) return [];
  return subject.waiting.filter(({ flow }) => flow !== "Testing").map(({ uid, name }) => ({ do: "close", uid, name }));
}

/** Places that hold something else than the value in use. */
export function elsewhere({ sight: { held, places } }: Known): readonly PlaceSight[] {
  if (held === "nothing" || !isAccepted(held)) return [];
  return places.filter(({ holds, place }) => place !== held.place && !SAME.has(holds));
}

const SAME: ReadonlySet<PlaceSight["holds"]> = new Set<PlaceSight["holds"]>(["current", "unseen"]);
