/** What goes wrong in a step, what holds a revoke back, and what an ended rotation leaves behind. */
import { BOTH, IN_USE, NEW } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const CAUSES_STEPS_REASONS: Readonly<Record<string, Reason>> = {
  DeadlineExceeded: {
    meaning: "A call gave no answer within its time.",
    fine: IN_USE,
    remedy: "Wait; Velvet looks what happened and tries again. Check that the vendor can be reached.",
    where: ["rotation", "consumer"],
  },
  AdapterFault: {
    meaning: "An adapter failed in a way that it does not know.",
    fine: IN_USE,
    remedy: "Report it with the adapter's name and the label in the message; Velvet tries again.",
    where: ["rotation", "consumer"],
  },
  InternalFault: {
    meaning: "A step of Velvet broke before it did anything.",
    fine: IN_USE,
    remedy: "See the controller's log and report it; Velvet tries again.",
    commands: ["velvet status <request>"],
    where: ["rotation"],
  },
  Unsealable: {
    meaning: "A sealed value does not open with this controller's key.",
    fine: IN_USE,
    remedy: "Give the controller the key that the ledger was made with, in VELVET_KEK or VELVET_KEK_FILE.",
    commands: ["velvet doctor"],
    where: ["rotation"],
  },
  FieldMissing: {
    meaning: "The credential has no value for a field that is needed.",
    fine: BOTH,
    remedy: "Name one of the issuer's fields, in the consumer's keys or in the account's endpoint.",
    where: ["consumer"],
  },
  ReadBackDiffers: {
    meaning: "The target does not hold what was written: somebody else wrote it since.",
    fine: BOTH,
    remedy: "Find the other writer; Velvet writes again.",
    where: ["consumer"],
  },
  HeldValueRefused: {
    meaning: "The vendor does not accept what the consumer holds.",
    fine: BOTH,
    remedy: "Find out who else writes there; Velvet checks again.",
    where: ["consumer"],
  },
  CheckFailed: {
    meaning: "The check says that the consumer does not work with the new credential.",
    fine: BOTH,
    remedy: "See why the consumer does not; Velvet checks again.",
    commands: ["velvet status <request>", "velvet abort <request>"],
    where: ["consumer"],
  },
  CheckInconclusive: {
    meaning: "The check could not say whether the consumer works.",
    fine: BOTH,
    remedy: "Wait; Velvet checks again. Look at the consumer where it stays so.",
    where: ["consumer"],
  },
  Reverted: {
    meaning: "The consumer no longer holds the new credential: somebody else wrote it.",
    fine: BOTH,
    remedy: "Find the other writer; Velvet writes and checks again before anything is revoked.",
    where: ["consumer"],
  },
  NothingMinted: {
    meaning: "The revoke was held back: there is no proven new credential.",
    fine: IN_USE,
    remedy: "Report it as a bug, with the controller's log.",
    where: ["rotation"],
  },
  OldIsNew: {
    meaning: "The revoke was held back: the id to revoke is the new credential itself.",
    fine: NEW,
    remedy: "Correct spec.issuer.currentId, or revoke by hand and say so with MarkRevoked.",
    where: ["rotation"],
  },
  ReceiptMissing: {
    meaning: "The revoke was held back: a consumer has no receipt.",
    fine: BOTH,
    remedy: "See which consumer; Velvet checks it again.",
    commands: ["velvet status <request>"],
    where: ["rotation"],
  },
  OldCredentialInUse: {
    meaning: "The old credential is still in use at the vendor.",
    fine: NEW,
    remedy: "Restart or drain who uses it, or insist with a RotationDecision RetryRevoke, which ends its sessions.",
    commands: ["velvet status <request>"],
    where: ["rotation"],
  },
  OldCredentialLive: {
    meaning: "After the rotation was aborted from its end, the old credential is still live beside the new one.",
    fine: NEW,
    remedy: "Destroy it with DestroyRetired, or revoke it by hand and say so with MarkRevoked.",
    where: ["rotation"],
  },
  NotOnNew: {
    meaning: "A consumer was not proven to work with the new credential that stays in use.",
    fine: "The old credential was not revoked.",
    remedy: "Request another rotation.",
    commands: ["velvet request <credential>"],
    where: ["rotation"],
  },
  NotWrittenBack: {
    meaning: "A consumer could not be given the old credential back and may still hold the new one.",
    fine: "The old and the new credential are both still valid.",
    remedy: "Write the old value there by hand, or request another rotation.",
    commands: ["velvet request <credential>"],
    where: ["rotation"],
  },
  NewCredentialLive: {
    meaning: "The new credential of an aborted rotation could not be ended.",
    fine: BOTH,
    remedy: "Destroy it at the vendor when nobody holds it any more.",
    where: ["rotation"],
  },
  AcceptorsKeepOldValue: {
    meaning: "A random value has no vendor that could end it: who still accepts the old one goes on doing so.",
    fine: NEW,
    remedy: "Remove the old value from every acceptor.",
    where: ["rotation"],
  },
  OpenSession: {
    meaning: "Sessions that were opened with the old credential are still open.",
    fine: "The old credential opens no new session.",
    remedy: "Close them, or give Velvet's role the right to: the message has the statement.",
    where: ["rotation"],
  },
  StandbySession: {
    meaning: "Sessions on a standby server are not seen from the primary.",
    fine: "The old credential opens no new session.",
    remedy: "End them on each standby, or restart its pooler.",
    where: ["rotation"],
  },
};
