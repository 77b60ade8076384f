import type { DecisionRow } from "../domain/world.ts";
import type { AuditEntry } from "./audit.ts";
import type { Db } from "./db.ts";
import { actorOf, type Random, wordsOf } from "./words.ts";

/** What a rotation's chain says of a decision that was answered: all that was decided, but for what a person wrote and who it was. */
export async function decisionEntry(
  db: Pick<Db, "query">,
  { name, spec, trust }: DecisionRow,
  answer: { readonly verdict: "accepted" | "refused"; readonly reason: string; readonly message: string },
  random: Random,
): Promise<Omit<AuditEntry, "at">> {
  const { action, decidedBy, ticket, reason, sealedValue: _, requestRef: __, ...asked } = spec;
  return {
    event: answer.verdict === "accepted" ? "DecisionAccepted" : "DecisionRefused",
    decision: name,
    action,
    ...asked,
    trust,
    reason: answer.reason,
    decidedBy: await actorOf(db, decidedBy, random),
    because: wordsOf(reason, random),
    message: wordsOf(answer.message, random),
    ...(ticket === undefined ? {} : { ticket: wordsOf(ticket, random) }),
  };
}
