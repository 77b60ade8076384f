/** What a look at the vendor says of what a person was asked to do. Pure. */
import type { Detection, KeyId, Verdict } from "../../adapters/contract.ts";
import type { Trouble } from "./assisted.ts";
import type { World } from "./world.ts";

/** `seen`: it is done, and this is what the vendor said. `trouble`: a person has to know. Neither: not yet. */
export interface Sight {
  readonly seen?: string;
  readonly trouble?: Omit<Trouble, "since">;
}

const NOT_YET: Sight = {};

export interface RevokeLook {
  /** Of the value that every consumer holds. */
  readonly newer: Verdict;
  /** Of the value that is to end; absent where nobody has it any more. */
  readonly old?: Verdict;
  /** Whether the vendor's list still has the old one; absent where it lists nothing. */
  readonly listed?: boolean;
}

/**
 * The old one is dead by the vendor's own word, and the same vendor says in the same breath that the new one lives: a vendor that refuses
 * everything proves nothing. Where it also lists, it is gone from there.
 */
export function judgeRevokeLook({ newer, old, listed }: RevokeLook): Sight {
  if (newer.liveness === "inconclusive") return NOT_YET;
  if (!isAccepted(newer)) return { trouble: newIsDead(newer, old) };
  if (old === undefined && listed === undefined) return NOT_YET;
  if (listed === true || (old !== undefined && old.liveness !== "dead")) return NOT_YET;
  return { seen: old?.message ?? "The vendor does not list it any more." };
}

function isAccepted({ liveness }: Verdict): boolean {
  return liveness === "alive" || liveness === "restricted";
}

function newIsDead(newer: Verdict, old: Verdict | undefined): Omit<Trouble, "since"> {
  const mixedUp = old !== undefined && isAccepted(old);
  return {
    reason: "NewCredentialDead",
    message: `The vendor does not accept the new credential any more, which every consumer holds: ${newer.message}${mixedUp ? " The old one still lives: the wrong one was ended." : ""}`,
    remedy: "Abort, then request a rotation with expect: Dead at once: the consumers have no other credential.",
    stalled: true,
  };
}

/** The one that appeared, or why nobody can tell which it is. */
export function judgeMintLook(world: World, { appeared }: Detection): Sight & { readonly id?: KeyId } {
  const known = new Set(
    [
      world.credential.currentId,
      world.rotation.facts.verify?.previousId,
      ...world.attempts.map((attempt) => attempt.vendorId),
    ].filter((id) => id !== undefined),
  );
  const fresh = appeared.filter((id) => !known.has(id));
  const [id] = fresh;
  if (id === undefined) return NOT_YET;
  if (fresh.length === 1) return { id };
  return {
    trouble: {
      reason: "SeveralAppeared",
      message: `The vendor has ${fresh.length} credentials that were not there before: ${fresh.slice(0, 5).join(", ")}. Velvet takes none of them by itself.`,
      remedy: "Hand in the value of the one that is meant, or delete the others at the vendor.",
      stalled: true,
    },
  };
}
