import type { DecisionRow } from "../domain/world.ts";
import type { AuditEntry } from "./audit.ts";
import { type ActorReference, type Random, wordsOf } from "./words.ts";

/** What a rotation's chain says of a decision that was answered: all that was decided, but for what a person wrote and who it was. */
export function decisionEntry(
  by: ActorReference,
  { name, spec, trust }: DecisionRow,
  answer: { readonly verdict: "accepted" | "refused"; readonly reason: string; readonly message: string },
  random: Random,
): Omit<AuditEntry, "at"> {
  const { action, ticket, reason, sealedValue: _, requestRef: __, ...asked } = spec;
  return {
    event: answer.verdict === "accepted" ? "DecisionAccepted" : "DecisionRefused",
    decision: name,
    action,
    ...asked,
    trust,
    reason: answer.reason,
    decidedBy: by,
    because: wordsOf(reason, random),
    message: wordsOf(answer.message, random),
    ...(ticket === undefined ? {} : { ticket: wordsOf(ticket, random) }),
  };
}
