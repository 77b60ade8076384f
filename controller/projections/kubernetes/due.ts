/** Whether a Credential's rotation is due, in the words of its status. Pure. */
import type { Condition } from "../../domain/status.ts";
import type { Instant } from "../../domain/world.ts";
import type { ScheduleState } from "../../ledger/projections.ts";

/** `firstSeenAt` is since when there was nothing due. */
export function dueCondition(schedule: ScheduleState | undefined, firstSeenAt: Instant): Condition {
  const said = (status: "True" | "False", reason: string, message: string, at: Instant): Condition => {
    return { type: "RotationDue", status, reason, message, lastTransitionTime: at };
  };
  if (schedule === undefined) {
    return said("False", "NotScheduled", "Nothing rotates it by itself: rotation.every is not set.", firstSeenAt);
  }
  const { because, dueAt, startsAt, due, waitsFor } = schedule;
  if (!due) return said("False", "NotDue", `Due at ${dueAt} (${because}); it begins at ${startsAt}.`, firstSeenAt);
  const next = waitsFor === "" ? `It begins at ${startsAt}.` : `It does not begin, because ${waitsFor}.`;
  return said("True", "Due", `Due since ${dueAt} (${because}). ${next}`, dueAt);
}
