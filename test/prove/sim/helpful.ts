/** People who answer where nobody else can. */
import type { Agenda, RotationEntry } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import type { Act } from "./people.ts";
import type { Story } from "./stories.ts";

/** What people do in every story: they answer where nobody else can. */
export function helpful(agenda: Agenda): Act | undefined {
  const rotation = liveRotation(agenda);
  if (!rotation || rotation.facts.abort) return undefined;
  const waiting = rotation.consumers.find(({ id, state, facts }) => id !== "" && state === "settled" && !facts.failure);
  if (waiting) return { verb: "confirm", consumer: waiting.id };
  if (rotation.facts.awaitsValueSince !== undefined && rotation.state === "minting") return { verb: "provide" };
  if (openGate(rotation)) return { verb: "approve" };
  if (waitsForHand(rotation) || waitsForLook(rotation)) return { verb: "mark" };
  return undefined;
}

export function openGate({ facts }: RotationEntry): "Mint" | "Revoke" | undefined {
  return (["Mint", "Revoke"] as const).find((gate) => facts.gates?.[gate] && !facts.gates[gate].approved);
}

/** The answer to a mint was lost, and only a person can see whose it is what came to be. */
function waitsForLook({ facts }: RotationEntry): boolean {
  return facts.failure?.stalled === true && facts.failure.reason === "OutcomeUnknown";
}

/** Everybody has the new one, no gate is closed, and it waits for ever: this vendor's old credential ends by hand. */
function waitsForHand({ state, facts, at }: RotationEntry): boolean {
  return state === "validated" && at === null && facts.failure === undefined && facts.revoked === undefined;
}

/** `act` once, when `when` holds; helpful besides. */
export function once(act: Act, when: (rotation: RotationEntry) => boolean): Story["act"] {
  return (agenda, done) => {
    const rotation = liveRotation(agenda);
    if (rotation && !done.includes(act.verb) && when(rotation)) return act;
    return helpful(agenda);
  };
}
