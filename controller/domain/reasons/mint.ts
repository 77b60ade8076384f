/** Mints whose answer was lost, credentials that a person makes, and what a vendor does not take back. */
import { BOTH, IN_USE, KEEPS, NORMAL, RETRIES } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const MINT_REASONS: Readonly<Record<string, Reason>> = {
  MintAwaited: {
    meaning: "The answer to a mint was lost, and what lands late would undo another one.",
    fine: BOTH,
    remedy: RETRIES,
    where: ["rotation"],
  },
  OutcomeUnknown: {
    meaning: "The answer to a mint was lost, and the vendor has a credential that may be ours or somebody else's.",
    fine: BOTH,
    remedy: "Look at the vendor who made it, end it there if it is nobody's, then MarkRevoked with a ticket; or abort.",
    commands: ["velvet describe <request>", "velvet abort <request>"],
    where: ["rotation"],
  },
  GraceWouldEnd: {
    meaning: "The answer to a mint was lost, and another one would end the value that the consumers hold.",
    fine: "The old credential still works: Velvet moves the date on which the vendor ends it.",
    remedy: "MarkRevoked with a ticket mints again at once, and interrupts the consumers until they are written.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  AlreadyGone: {
    meaning: "The vendor has ended the old value already, so that its date cannot be moved.",
    fine: "The rotation goes on: whoever still holds the old value is given the new one.",
    remedy: RETRIES,
    where: ["rotation"],
  },
  ValueNeeded: {
    meaning: "The vendor ends a credential only for whoever shows its value, and Velvet does not have it any more.",
    fine: "The new credential is in use; the old one still lives.",
    remedy: "End it in the vendor's dashboard, then say so with MarkRevoked and a ticket.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  OrphanSuspected: {
    meaning: "After a mint whose answer was lost the vendor has what nobody can attribute, or cannot be asked.",
    fine: IN_USE,
    remedy: "Look at the vendor; end what is nobody's with DestroyRetired, or say with MarkRevoked that you have.",
    commands: ["velvet describe <request>", "velvet destroy <credential> <id>"],
    where: ["rotation"],
  },
  MintsExhausted: {
    meaning: "This rotation has minted as often as it may, and no value came of it.",
    fine: BOTH,
    remedy: "See what the vendor answers; then abort, and request the rotation again.",
    commands: ["velvet describe <request>", "velvet abort <request>"],
    where: ["rotation", "decision"],
  },
  Overslept: {
    meaning: "A replica was stopped for so long between a decision and its call that it did not make the call.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation", "consumer"],
  },
  CannotRead: {
    meaning: "The adapter says that its vendor shows a value again, and has no way to read one.",
    fine: BOTH,
    remedy: "Report it with the adapter's name; abort ends what was minted.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  LateWrites: {
    meaning:
      "An earlier write may still land, as its answer was lost or the last rotation ended just now; the consumer is written once more after that.",
    fine: BOTH,
    remedy: RETRIES,
    where: ["rotation"],
  },
  AwaitingValue: {
    meaning: "The vendor has no API for it: a person makes the new credential and hands its value in.",
    fine: NORMAL,
    remedy:
      "Make it at the vendor as the message says. Where Velvet does not see it there, hand its value in with velvet provide.",
    commands: ["velvet provide <request>"],
    where: ["rotation"],
  },
  ValueMissing: {
    meaning: "A ProvideValue holds no value.",
    fine: KEEPS,
    remedy: "Seal the value with velvet seal, and put it into spec.sealedValue.",
    commands: ["velvet seal <credential>"],
    where: ["decision"],
  },
  ValueAlreadyThere: {
    meaning: "A new value was handed in already.",
    fine: KEEPS,
    remedy: "Wait for what the vendor says of it; a wrong one is asked for again.",
    commands: ["velvet describe <request>"],
    where: ["decision"],
  },
  SameValue: {
    meaning: "The value that was handed in is the one in use already.",
    fine: KEEPS,
    remedy: "Make a new one at the vendor, and hand in that.",
    where: ["decision"],
  },
  NoWayBack: {
    meaning: "The vendor cannot take this mint back: the old credential has ended with it, or will end by itself.",
    fine: KEEPS,
    remedy: "Help the consumers that fail, or skip them with a ticket; the rotation then ends by itself.",
    commands: ["velvet describe <request>", "velvet skip <request> <consumer>"],
    where: ["decision"],
  },
  OldValueInSlot: {
    meaning: "The rotation was stopped before the acceptor dropped the old credential from its second slot.",
    fine: "Everybody works with the new credential.",
    remedy: "Request another rotation, which replaces it there.",
    commands: ["velvet request rotate <credential>"],
    where: ["rotation"],
  },
  OldCredentialRevoked: {
    meaning: "The old credential was ended first, as Replace does, and there is no new one.",
    fine: "The old one can be brought back where the vendor can and its quarantine is not over.",
    remedy: "Bring it back with RestoreRetired, or request a rotation with expect: Dead.",
    commands: ["velvet status"],
    where: ["rotation"],
  },
};
