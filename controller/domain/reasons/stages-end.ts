/** What a rotation shows from the first write to its end, while it goes well or waits. */
import { BOTH, IN_USE, NEW, NORMAL, NOTHING } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const STAGES_END_REASONS: Readonly<Record<string, Reason>> = {
  Distributing: {
    meaning: "The new credential is being written to custody and the consumers.",
    fine: BOTH,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Distributed: {
    meaning: "Custody and every required consumer hold the new credential.",
    fine: BOTH,
    remedy: NOTHING,
    where: ["rotation"],
  },
  DistributePartial: {
    meaning: "Some consumers hold the new credential, and some could not be given it.",
    fine: BOTH,
    remedy:
      "Remove the cause that each failing consumer names; Velvet goes on trying. A consumer that is gone can be skipped with a ticket.",
    commands: [
      "velvet describe <request>",
      "velvet retry <request>",
      "velvet skip <request> <consumer>",
      "velvet abort <request>",
    ],
    where: ["rotation"],
  },
  DistributeFailed: {
    meaning: "No consumer could be given the new credential.",
    fine: BOTH,
    remedy: "Remove the cause that the consumers name; Velvet goes on trying.",
    commands: ["velvet describe <request>", "velvet retry <request>", "velvet abort <request>"],
    where: ["rotation"],
  },
  Settling: {
    meaning: "The write was accepted and has not taken effect yet.",
    fine: BOTH,
    remedy: "Wait; where the target waits for an approval or a release, finish it there.",
    commands: ["velvet describe <request>"],
    where: ["consumer"],
  },
  Validating: {
    meaning: "Each consumer is being checked with the new credential.",
    fine: BOTH,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Validated: {
    meaning: "Every required consumer works with the new credential.",
    fine: NEW,
    remedy: NOTHING,
    where: ["rotation"],
  },
  ValidatePartial: {
    meaning: "Some consumers work with the new credential, and some are not proven.",
    fine: BOTH,
    remedy: "See what each failing check said; Velvet goes on checking.",
    commands: [
      "velvet describe <request>",
      "velvet retry <request>",
      "velvet confirm <request> <consumer>",
      "velvet abort <request>",
    ],
    where: ["rotation"],
  },
  ValidateFailed: {
    meaning: "No consumer is proven to work with the new credential.",
    fine: BOTH,
    remedy: "See what the checks said; Velvet goes on checking.",
    commands: [
      "velvet describe <request>",
      "velvet retry <request>",
      "velvet confirm <request> <consumer>",
      "velvet abort <request>",
    ],
    where: ["rotation"],
  },
  AwaitingConfirmation: {
    meaning: "A consumer has no automatic check, so a person must say that it works.",
    fine: BOTH,
    remedy: "Look at the consumer, then confirm that it works.",
    commands: ["velvet confirm <request> <consumer>"],
    where: ["rotation", "consumer"],
  },
  ConsumersNotReady: {
    meaning: "Consumers are still being written, settling or being checked.",
    fine: BOTH,
    remedy: "Wait; each consumer says what it waits for.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  Custody: {
    meaning: "Custody could not be written and is tried again before any consumer is touched.",
    fine: BOTH,
    remedy: "Remove the cause that custody names.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  WriteBack: {
    meaning: "The old credential is being written back to a consumer.",
    fine: BOTH,
    remedy: "Remove the cause that the consumer names.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  Overlap: {
    meaning: "Every consumer works with the new credential, and the old one is kept for the overlap.",
    fine: NEW,
    remedy: "Wait: the revoke follows by itself.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  ManualRevoke: {
    meaning: "Velvet cannot revoke the old credential: the vendor has no way, or its id is not known.",
    fine: NEW,
    remedy: "Revoke it at the vendor by hand, then say so, with a ticket.",
    commands: ["velvet mark-revoked <request>"],
    where: ["rotation"],
  },
  AwaitingManualRevoke: {
    meaning: "Nobody knows the old credential's id at the vendor, so a person must revoke it.",
    fine: NEW,
    remedy: "Revoke it at the vendor by hand, then say so, with a ticket.",
    commands: ["velvet mark-revoked <request>"],
    where: ["rotation"],
  },
  Revoking: {
    meaning: "The old credential is being revoked at the vendor.",
    fine: NEW,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Revoked: {
    meaning: "The vendor no longer accepts the old credential, or it is quarantined.",
    fine: NEW,
    remedy: NOTHING,
    where: ["rotation"],
  },
  RevokeFailed: {
    meaning: "The old credential could not be revoked and still lives.",
    fine: NEW,
    remedy:
      "Remove the cause that Revoked names; Velvet goes on trying. Or revoke it by hand and say so, with a ticket.",
    commands: ["velvet describe <request>", "velvet retry <request> --revoke", "velvet mark-revoked <request>"],
    where: ["rotation"],
  },
  NothingToRevoke: {
    meaning: "There was no old credential that could still be alive.",
    fine: NEW,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Done: {
    meaning: "The rotation has ended well.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Aborting: {
    meaning: "The rotation is going back: whoever was touched gets the old credential again.",
    fine: BOTH,
    remedy: "Wait until it has ended, then request a new rotation if one is needed.",
    commands: ["velvet describe <request>"],
    where: ["rotation", "decision"],
  },
  Aborted: {
    meaning:
      "A rotation ended before its end, by a person or by its deadline; or a single step was given up because Velvet stopped.",
    fine: "What the consumers use stays valid.",
    remedy: "After an aborted rotation settle what residual names; a single step is tried again by itself.",
    commands: ["velvet describe <request>"],
    where: ["rotation", "consumer"],
  },
  ProgressingWithRetry: {
    meaning: "A step failed and is tried again by itself.",
    fine: IN_USE,
    remedy: "Wait; the message names the cause and the next try.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
};
