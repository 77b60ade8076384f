/** The flow Revocation: a credential is ended now, and everybody is shown to lock it out. */
import { NORMAL, NOTHING, RETRIES } from "./reason.ts";
import type { Reason } from "./reason.ts";

const ENDED = "What has ended stays ended; nobody is given it again.";
const DESCRIBE = "velvet describe <request>";
const OTHERS = "Everything else on the list is ended, and asked about, all the same.";

export const REVOCATION_REASONS: Readonly<Record<string, Reason>> = {
  RevInit: {
    meaning: "A Revocation has begun: what it ends is fixed, and nothing has ended yet.",
    fine: NORMAL,
    remedy: "Where its account needs two people, another person approves it; else nothing.",
    commands: [DESCRIBE, "velvet approve <request>"],
    where: ["rotation"],
  },
  RevRevoking: {
    meaning: "The credentials of the list are being ended, one by one.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  RevRevokeFailed: {
    meaning: "One of the credentials has not ended yet: its vendor refused, or only a person can end it.",
    fine: OTHERS,
    remedy: "End it at the vendor, then say so with MarkRevoked and a ticket; Velvet goes on trying what it can.",
    commands: [DESCRIBE, "velvet retry <request> --revoke", "velvet mark-revoked <request>"],
    where: ["rotation"],
  },
  RevRevoked: {
    meaning: "Every credential of the list has ended at its vendor.",
    fine: ENDED,
    remedy: NOTHING,
    where: ["rotation"],
  },
  RevValidating: {
    meaning: "Each consumer is asked whether it still lets the old value in.",
    fine: ENDED,
    remedy: NOTHING,
    commands: [DESCRIBE],
    where: ["rotation"],
  },
  RevLeaked: {
    meaning: "A consumer still lets the old value in, although it has ended.",
    fine: ENDED,
    remedy:
      "Make it drop the old value; Velvet goes on asking. Where you have dealt with it otherwise, say so with a ticket.",
    commands: [DESCRIBE, "velvet resolve-leak <request>"],
    where: ["rotation"],
  },
  RevDone: {
    meaning: "What leaked has ended, and every consumer is known to lock it out, or a person has answered for it.",
    fine: ENDED,
    remedy: "Give the consumers a new credential.",
    commands: [DESCRIBE, "velvet request rotate <credential> --after <request>"],
    where: ["rotation"],
  },
  Preempted: {
    meaning: "A Revocation of the same credential ended this rotation, wherever it was.",
    fine: "What it had minted without proof is ended by the Revocation, or named there.",
    remedy: "When the Revocation is done, request a rotation again.",
    commands: ["velvet status", "velvet request rotate <credential> --after <request>"],
    where: ["rotation"],
  },
  NothingRevoked: {
    meaning: "The Revocation was given up before anything was ended.",
    fine: "Every credential works as before.",
    remedy: "Request another one where it is needed after all.",
    commands: ["velvet request revoke <credential>"],
    where: ["rotation"],
  },
  NotLockedOut: {
    meaning: "A consumer was left out, or could not be asked: it may still let the old value in.",
    fine: ENDED,
    remedy: "See for yourself that it refuses the old value.",
    where: ["rotation"],
  },
  RevocationRateLimited: {
    meaning: "So many Revocations began within the last hour that this one has to wait.",
    fine: "Nothing was ended by this request; it begins by itself when the hour is over.",
    remedy: "Find out who asks for so many; what cannot wait is ended at the vendor.",
    commands: ["velvet history"],
    where: ["request"],
  },
  OldValueAccepted: {
    meaning: "The old value is still let in there, after the time that its vendor allows for.",
    fine: ENDED,
    remedy: "Restart it, empty its caches, or take it off the network; Velvet goes on asking.",
    commands: [DESCRIBE, "velvet resolve-leak <request>"],
    where: ["consumer"],
  },
  CannotBeProbed: {
    meaning: "Nobody but a person can tell whether the old value is let in there.",
    fine: ENDED,
    remedy: "See for yourself that it refuses the old value, then confirm it; or skip it, with a ticket.",
    commands: ["velvet confirm <request> <consumer>", "velvet skip <request> <consumer>"],
    where: ["consumer"],
  },
  LockOutInconclusive: {
    meaning: "The answer to the old value says neither yes nor no.",
    fine: ENDED,
    remedy: "Wait; after the deadline a person is asked. Confirm it where you have seen that the old value is refused.",
    commands: [DESCRIBE, "velvet confirm <request> <consumer>"],
    where: ["consumer"],
  },
  StillSettling: {
    meaning: "The old value is still let in, as the vendor allows for a while after its end.",
    fine: ENDED,
    remedy: RETRIES,
    where: ["consumer"],
  },
  LockedOut: {
    meaning: "No consumer lets the old value in.",
    fine: ENDED,
    remedy: NOTHING,
    where: ["rotation"],
  },
  AlreadyLockedOut: {
    meaning: "That consumer is already known to lock the old value out.",
    fine: "The Revocation goes on as it was; this decision changed nothing.",
    remedy: NOTHING,
    where: ["decision"],
  },
  NothingLeaks: {
    meaning: "No consumer is known to let the old value in.",
    fine: "The Revocation goes on as it was; this decision changed nothing.",
    remedy: "See what it waits for.",
    commands: [DESCRIBE],
    where: ["decision"],
  },
};
