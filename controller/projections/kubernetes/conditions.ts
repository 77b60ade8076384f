/** Conditions in the shape of metav1.Condition, within the bounds of the CRDs. Pure. */
import type { Condition } from "../../domain/status.ts";
import type { Instant } from "../../domain/world.ts";

export interface ShownCondition extends Condition {
  readonly observedGeneration: number;
}

const LONGEST_MESSAGE = 4_096;

/** What the ledger made of the object itself; the stages stand beside it. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

export function shown(conditions: readonly Condition[], generation: number): ShownCondition[] {
  return conditions.map((condition) => ({
    type: condition.type,
    status: condition.status,
    observedGeneration: generation,
    lastTransitionTime: condition.lastTransitionTime,
    reason: condition.reason,
    message: bounded(condition.message, LONGEST_MESSAGE),
  }));
}

/** The object as it stands is not taken. What was taken of it before stays in force. */
export function refusedConditions(problems: readonly Problem[], at: Instant): Condition[] {
  const first = problems[0]?.code ?? "Invalid";
  const message = messageOf(problems);
  return [
    { type: "Ready", status: "False", reason: first, message, lastTransitionTime: at },
    { type: "Stalled", status: "True", reason: first, message, lastTransitionTime: at },
    { type: "Accepted", status: "False", reason: first, message, lastTransitionTime: at },
  ];
}

/** The reason names the first; where there are more, each is named in the text. */
function messageOf(problems: readonly Problem[]): string {
  const [only, ...more] = problems;
  if (more.length === 0) return only?.message ?? "";
  return problems.map(({ code, message }) => `${code}: ${message}`).join("; ");
}

export function acceptedCondition(at: Instant): Condition {
  return { type: "Accepted", status: "True", reason: "Accepted", message: "", lastTransitionTime: at };
}

/** At most so many characters, cut between two of them. */
export function bounded(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}
