/** Why a decision was refused. */
import { KEEPS, NEW, NOTHING, NOT_BEGUN } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const DECISION_REASONS: Readonly<Record<string, Reason>> = {
  ActionNotPossible: {
    meaning: "The action has no meaning for this rotation.",
    fine: KEEPS,
    remedy: "See what the rotation waits for, and decide on that.",
    commands: ["velvet status <request>"],
    where: ["decision"],
  },
  TrustTooLow: {
    meaning: "The account needs two people, and a name typed in a file proves neither.",
    fine: KEEPS,
    remedy: "Decide by a way that proves who you are: a signed commit, the git host or Kubernetes.",
    where: ["decision"],
  },
  SamePerson: {
    meaning: "The account needs two people, and this one requested the rotation.",
    fine: KEEPS,
    remedy: "Let somebody else decide.",
    where: ["decision"],
  },
  AlreadyApproved: {
    meaning: "The gate is approved already.",
    fine: KEEPS,
    remedy: NOTHING,
    where: ["decision"],
  },
  GateNotOpen: {
    meaning: "The gate is not open: it is automatic, or its time has not come.",
    fine: KEEPS,
    remedy: "See which gate is open.",
    commands: ["velvet status <request>"],
    where: ["decision"],
  },
  StaleDigest: {
    meaning: "Something changed after what was approved here was shown.",
    fine: KEEPS,
    remedy: "Look at the rotation again, and approve what is shown now.",
    commands: ["velvet approve <request>"],
    where: ["decision"],
  },
  ConfirmMismatch: {
    meaning: "confirm does not repeat the Credential's credentialName.",
    fine: KEEPS,
    remedy: "Type the credentialName into confirm, after you have checked that it is the one you mean.",
    commands: ["velvet approve <request>"],
    where: ["decision"],
  },
  TicketMissing: {
    meaning: "The decision needs a ticket.",
    fine: KEEPS,
    remedy: "Name the ticket under which it was decided.",
    where: ["decision", "manifest"],
  },
  PastThePointOfNoReturn: {
    meaning: "The old credential is being revoked, so there is no way back.",
    fine: NEW,
    remedy: "Let it finish; where the revoke fails, use RetryRevoke or MarkRevoked.",
    commands: ["velvet status <request>"],
    where: ["decision"],
  },
  NothingToRetry: {
    meaning: "Nothing has failed that could be tried again.",
    fine: KEEPS,
    remedy: NOTHING,
    where: ["decision"],
  },
  ConsumerUnknown: {
    meaning: "The rotation has no consumer of that name.",
    fine: KEEPS,
    remedy: "Name one of the consumers that the message lists.",
    commands: ["velvet status <request>"],
    where: ["decision"],
  },
  ConsumerAlreadyWorks: {
    meaning: "The consumer already has its receipt.",
    fine: KEEPS,
    remedy: NOTHING,
    where: ["decision"],
  },
  ConsumerAlreadySkipped: {
    meaning: "The consumer is skipped already.",
    fine: KEEPS,
    remedy: NOTHING,
    where: ["decision"],
  },
  NothingToConfirm: {
    meaning: "There is no new credential yet that a consumer could work with.",
    fine: KEEPS,
    remedy: "Confirm when the rotation waits for it.",
    commands: ["velvet status <request>"],
    where: ["decision"],
  },
  NotAtRevoke: {
    meaning: "Only a rotation whose revoke is approved or has failed can be marked as revoked.",
    fine: KEEPS,
    remedy: "Approve the Revoke gate first.",
    commands: ["velvet approve <request>"],
    where: ["decision"],
  },
  RotationEnded: {
    meaning: "The rotation has ended, so nothing is left to decide.",
    fine: "The rotation stays as it ended.",
    remedy: "See how it ended.",
    commands: ["velvet status <request>"],
    where: ["decision"],
  },
  NotRotating: {
    meaning: "The request never became a rotation, so there is nothing to decide.",
    fine: NOT_BEGUN,
    remedy: "See why, and merge a new request.",
    commands: ["velvet status <request>"],
    where: ["decision"],
  },
};
