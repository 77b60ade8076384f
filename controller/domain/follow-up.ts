/** After a Revocation the consumers have nothing that works: the request that gives them something again. Pure. */
import type { RotationRequestSpec } from "../../crds/kinds.gen.ts";
import type { RotationRow } from "./world.ts";

export interface FollowUp {
  readonly name: string;
  readonly spec: Omit<RotationRequestSpec, "requestedBy">;
}

const LONGEST_NAME = 253;

/** The same for the same Revocation: asked for twice it is executed once. */
export function followUpName(revocation: string): string {
  const suffix = "-follow-up";
  return `${revocation.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
}

/** Undefined where nobody was cut off, or it is not over yet. */
export function followUpOf({ name, credentialName, state, facts, snapshot }: RotationRow): FollowUp | undefined {
  if (state !== "rev_done" || !facts.revocation) return undefined;
  const { preempted, target } = facts.revocation;
  // Whoever ends only what was retired, while nothing was going on, has interrupted nobody.
  if (target === "Retired" && preempted === undefined) return undefined;
  const { ticket } = snapshot.request.spec;
  const lives = target === "Retired" || preempted?.kept === true;
  return {
    name: followUpName(name),
    spec: {
      credentialRef: { name: credentialName },
      flow: "Operational",
      expect: lives ? "Alive" : "Dead",
      reason: `after the Revocation ${name}`,
      ...(ticket === undefined ? {} : { ticket }),
    },
  };
}
