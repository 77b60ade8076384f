/** What happened to one Credential since the backup, from what custody and the vendor have now. Pure. */
import type { IssuedKey } from "../../../adapters/contract.ts";
import { attemptIn } from "../drift/vendor.ts";
import type { Happened, HeldValue, Known, LiveRotation, Subject } from "./subject.ts";

/** Alive enough to be in use. */
export function isAccepted({ liveness }: Pick<HeldValue, "liveness">): boolean {
  return liveness === "alive" || liveness === "restricted";
}

export function happenedTo(known: Known): Happened {
  const { subject, sight } = known;
  const { held } = sight;
  if (held === "nothing") return subject.currentId === null ? atRest(subject, "unchanged") : "emptied";
  if (held.is === "attempt") return afterOwnMint(subject.live, held);
  if (!isAccepted(held)) return held.is === "ledger" ? atRest(subject, "ended") : "ended";
  if (held.is === "other") return isNewer(known, held) ? "rotated" : atRest(subject, "unchanged");
  return withLedgersValue(known);
}

function atRest({ live }: Subject, otherwise: Happened): Happened {
  return live === null ? otherwise : "goes-on";
}

/**
 * A value from before Velvet, that no rotation has looked at yet, is no news: the first one adopts it. Where a request waits that was to issue
 * the first one, that was done.
 */
function isNewer({ subject, sight, install }: Known, { id }: HeldValue): boolean {
  if (subject.currentId !== null || subject.fingerprint !== null) return true;
  if (subject.waiting.some(({ expect }) => expect === "Absent")) return true;
  const key = sight.keys.find((each) => each.id === id);
  return key !== undefined && isOfInstall(install, key);
}

export function isOfInstall(install: string, key: Pick<IssuedKey, "marker">): boolean {
  const { marker } = key;
  if (marker === undefined || attemptIn(key) === undefined) return false;
  return !marker.startsWith("velvet/") || marker.startsWith(`velvet/${install}/`);
}

/** Going on writes the same value again. One whose mint has no outcome in the ledger would be ended as nobody's: it is adopted. */
function afterOwnMint(live: LiveRotation | null, held: HeldValue): Happened {
  if (!isAccepted(held)) return "ended";
  return live?.attempt?.state === "open" || live?.flow === "Revocation" ? "finished" : "goes-on";
}

function withLedgersValue(known: Known): Happened {
  const { subject, sight } = known;
  const { live } = subject;
  if (live === null) return hasStrayMint(known) ? "minted" : "unchanged";
  if (live.attempt === null || live.flow !== "Operational") return "goes-on";
  if (live.attempt.state === "minted" && sight.attempt === "dead") return "taken-back";
  // Whoever holds what nobody here can name may hold what that mint made.
  const isStrange = sight.places.some(({ holds }) => holds === "other");
  return live.attempt.state === "open" && isStrange ? "taken-back" : "goes-on";
}

/** Something was minted for it that the ledger does not know, and custody has the old one again, or still. */
function hasStrayMint({ subject, sight, install }: Known): boolean {
  const known = new Set(sight.attempts.map(({ id }) => id));
  return sight.keys.some((key) => {
    const attempt = attemptIn(key);
    return (
      attempt !== undefined &&
      !known.has(attempt) &&
      isOfInstall(install, key) &&
      key.marker?.includes(`/${subject.credential}/`)
    );
  });
}
