/** A Credential whose last rotation has ended, and whose consumers were left with nothing that works. Pure. */
import { CUSTODY } from "../../domain/consumers.ts";
import { followUpOf } from "../../domain/follow-up.ts";
import { isFoundDead } from "../../domain/ready-text.ts";
import type { Condition } from "../../domain/status.ts";
import type { RotationView } from "../../ledger/views.ts";

/** Empty where they have something, or where nobody knows otherwise. A person leads on, so that kstatus calls it failed. */
export function lostConditions(view: RotationView | undefined): Condition[] {
  const why = view && whyLost(view);
  if (view === undefined || why === undefined) return [];
  const { endedAt, createdAt } = view.rotation;
  const said = { reason: "NothingWorks", message: why, lastTransitionTime: endedAt ?? createdAt };
  return [
    { type: "Ready", status: "False", ...said },
    { type: "Stalled", status: "True", ...said },
  ];
}

const NEXT = "Request a rotation with expect: Dead.";

function whyLost(view: RotationView): string | undefined {
  const { rotation } = view;
  if (rotation.endedAt === undefined || rotation.flow === "Testing") return undefined;
  if (rotation.flow === "Operational") return whyLeft(view);
  const isEnded = followUpOf(rotation)?.spec.expect === "Dead";
  return isEnded ? `${rotation.name} ended what its consumers hold. ${NEXT}` : undefined;
}

function whyLeft({ rotation, consumers }: RotationView): string | undefined {
  const { name, facts, expect } = rotation;
  const without = consumers.filter(({ id, state }) => id !== CUSTODY && !WITH.has(state)).map(({ id }) => id);
  if (!UNDONE.has(rotation.state) || without.length === 0) return undefined;
  if (facts.revoked) return `${name} ended the old credential and has brought no new one. ${NEXT}`;
  if (expect !== "Dead" && !isFoundDead(rotation)) return undefined;
  return `${name} has ended without a new credential, and what these hold is dead: ${without.join(", ")}. ${NEXT}`;
}

const UNDONE: ReadonlySet<string> = new Set(["aborted", "mint_failed"]);
const WITH: ReadonlySet<string> = new Set(["working", "inactive"]);
