/** A decision that a person records at a terminal, without a manifest. */
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import type { DecisionView } from "./views.ts";
import { askedHash } from "./words.ts";

const DECIDE = statement("decide");
const ANSWER = statement("decision_answer");

export interface NewDecision {
  readonly namespace: string;
  readonly name: string;
  readonly spec: RotationDecisionSpec;
  /** What makes it the same decision: SHA-256 over the canonical spec, hex, as a source computes it. */
  readonly specHash: string;
}

/** `known`: recorded before with the same spec, and nothing was written. `different`: the name is taken, and nothing was written. */
export interface Recorded {
  readonly outcome: "recorded" | "known" | "different";
  readonly uid: string;
}

/**
 * Records a decision with the trust `claimed`, and its audit row, in one transaction; the ledger wakes the rotation. The name of a
 * person stays out of the install chain, as with decisions from a source.
 */
export async function recordDecision(db: Db, { namespace, name, spec, specHash }: NewDecision): Promise<Recorded> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ uid: string; added: boolean; same: boolean }>(DECIDE, [
      namespace,
      name,
      JSON.stringify(spec),
      specHash,
    ]);
    if (!row) throw new Error(`the decision ${name} is being recorded by somebody else`);
    if (!row.added) return { outcome: row.same ? "known" : "different", uid: row.uid };
    const what = {
      kind: "RotationDecision",
      namespace,
      name,
      uid: row.uid,
      askedHash: askedHash(spec),
      state: "pending",
    };
    await appendInstallAudit(tx, [{ event: "DecisionAppeared", source: "cli", trust: "claimed", ...what }]);
    return { outcome: "recorded", uid: row.uid };
  });
}

export type DecisionAnswer = Pick<DecisionView, "state" | "reason" | "message">;

/** `pending` until the engine has answered. */
export async function decisionAnswer(db: Db, uid: string): Promise<DecisionAnswer> {
  const [row] = await db.query<DecisionAnswer>(ANSWER, [uid]);
  if (!row) throw new Error("the ledger has lost a decision");
  return row;
}
