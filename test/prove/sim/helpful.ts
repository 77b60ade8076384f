/** People who answer where nobody else can. */
import type { TargetId } from "../../../controller/domain/revocation.ts";
import type { Agenda, RotationEntry } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import type { Act } from "./people.ts";
import type { Story } from "./stories.ts";

/** What people do in every story: they answer where nobody else can. */
export function helpful(agenda: Agenda): Act | undefined {
  const rotation = liveRotation(agenda);
  if (!rotation || rotation.facts.abort) return undefined;
  if (rotation.facts.revocation) return inRevocation(rotation);
  const waiting = rotation.consumers.find(({ id, state, facts }) => id !== "" && state === "settled" && !facts.failure);
  if (waiting) return { verb: "confirm", consumer: waiting.id };
  if (rotation.facts.awaitsValueSince !== undefined && rotation.state === "minting") return handIn(rotation);
  if (openGate(rotation)) return { verb: "approve" };
  if (isAskedToEnd(rotation)) return { verb: "end" };
  return waitsForLook(rotation) ? { verb: "mark" } : undefined;
}

/** Where the vendor shows it nothing is handed in, unless Velvet cannot tell which one is meant. */
function handIn({ id, facts }: RotationEntry): Act | undefined {
  const asked = facts.assisted?.mint;
  if (asked?.inventory && !asked.trouble) return { verb: "make" };
  // The vendor has not said its last word about the one before.
  if (facts.failure && !facts.failure.stalled) return undefined;
  // One that was refused is asked for again.
  return { verb: "provide", because: `${id} ${facts.failure?.stalled ? facts.failure.since : ""}` };
}

/** Who cannot be asked is looked at, and what the vendor does not end by its API is ended by hand. */
function inRevocation(rotation: RotationEntry): Act | undefined {
  if (openGate(rotation)) return { verb: "approve" };
  const byHand = ({ state, failure }: TargetId) =>
    state === "by-hand" || (state === "failed" && failure?.stalled === true);
  if (rotation.state !== "rev_init" && rotation.facts.revocation?.ids?.some(byHand)) return { verb: "mark" };
  const unseen = rotation.consumers.find(({ facts }) => facts.failure?.reason === "CannotBeProbed");
  return unseen && { verb: "confirm", consumer: unseen.id };
}

export function openGate({ facts }: RotationEntry): "Mint" | "Revoke" | undefined {
  return (["Mint", "Revoke"] as const).find((gate) => facts.gates?.[gate] && !facts.gates[gate].approved);
}

/** The answer to a mint was lost, and only a person can see whose it is what came to be. */
function waitsForLook({ facts }: RotationEntry): boolean {
  return facts.failure?.stalled === true && facts.failure.reason === "OutcomeUnknown";
}

/** Everybody has the new one, and this vendor's old credential ends by hand. */
export function isAskedToEnd({ facts }: RotationEntry): boolean {
  return facts.assisted?.revoke !== undefined && facts.revoked === undefined;
}

/** `act` once, when `when` holds; helpful besides. */
export function once(act: Act, when: (rotation: RotationEntry) => boolean): Story["act"] {
  return (agenda, done) => {
    const rotation = liveRotation(agenda);
    if (rotation && !done.includes(act.verb) && when(rotation)) return act;
    return helpful(agenda);
  };
}
