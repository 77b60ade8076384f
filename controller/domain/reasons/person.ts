/** A person is waited for, and does not answer. */
import type { Reason } from "./reason.ts";

const SAFE = "The credential in use works as before; nothing is taken away while a person is waited for.";

export const PERSON_REASONS: Readonly<Record<string, Reason>> = {
  PersonReminded: {
    meaning: "A gate, a confirmation, or something that only a person can mend waits, and nobody has answered yet.",
    fine: SAFE,
    remedy: "Answer what the Event names; reminders end with the answer.",
    commands: ["velvet describe <request>", "velvet approve <request>"],
    where: ["rotation"],
  },
  PersonOverdue: {
    meaning: "Nobody has answered for three days, or what must not be late is near: the alarm's webhook was told.",
    fine: SAFE,
    remedy: "Answer what the Event names, or abort; the alarm is told again with each reminder.",
    commands: ["velvet describe <request>", "velvet abort <request>"],
    where: ["rotation"],
  },
};

export const SCHEDULED_REASONS: Readonly<Record<string, Reason>> = {
  ScheduledRequestNotShown: {
    meaning: "The API server does not take the RotationRequest that shows what the scheduler has asked for.",
    fine: "The rotation goes on: the ledger has the request, and the Credential's status shows it.",
    remedy:
      "Give Velvet's ServiceAccount the verb create on rotationrequests, as the chart does; it is tried again by itself.",
    commands: ["velvet doctor"],
    where: ["credential"],
  },
  ScheduledNameTaken: {
    meaning: "Somebody else's RotationRequest has the name of the one that the scheduler asks for.",
    fine: "The scheduler's rotation goes on, and the other object is refused as RequestImmutable.",
    remedy: "Delete the other object; the Credential's status shows the rotation.",
    where: ["credential"],
  },
};
