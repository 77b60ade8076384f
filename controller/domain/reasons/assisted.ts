/** What a person does at the vendor where no API does it. */
import { BOTH, IN_USE, KEEPS, NEW, NORMAL, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const ASSISTED_REASONS: Readonly<Record<string, Reason>> = {
  SeveralAppeared: {
    meaning: "The vendor has several credentials that were not there before, and nobody can tell which one is meant.",
    fine: BOTH,
    remedy: "Hand in the value of the one that is meant, or delete the others at the vendor.",
    commands: ["velvet provide <request>"],
    where: ["rotation"],
  },
  ValueNotShown: {
    meaning: "A new credential appeared at the vendor, which does not show its value again.",
    fine: BOTH,
    remedy: "Hand in its value with ProvideValue.",
    commands: ["velvet provide <request>"],
    where: ["rotation"],
  },
  ValueUsedBefore: {
    meaning: "The value that was handed in was in use before, and was replaced: its box is of an earlier rotation.",
    fine: KEEPS,
    remedy: "Make a new one at the vendor, and hand in that.",
    commands: ["velvet provide <request>"],
    where: ["decision", "rotation"],
  },
  FieldSurplus: {
    meaning: "The value that was handed in has more fields than a credential of this issuer.",
    fine: KEEPS,
    remedy: "Hand in exactly the fields that the message names.",
    commands: ["velvet provide <request> --json"],
    where: ["decision"],
  },
  ValueTooLong: {
    meaning: "The value that was handed in is longer than any credential.",
    fine: KEEPS,
    remedy: "Hand in the credential alone, and not the file or the page that it was copied from.",
    commands: ["velvet provide <request>"],
    where: ["decision"],
  },
  NewCredentialDead: {
    meaning: "While the old credential was to be ended by hand, the vendor stopped accepting the new one.",
    fine: "Velvet ends nothing. Where the wrong one was ended, the old one still works, but no consumer holds it.",
    remedy: "Abort, then request a rotation with expect: Dead at once.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  RevokeOverdue: {
    meaning: "The old credential was to be ended by hand, it has taken longer than it should, and it still lives.",
    fine: NEW,
    remedy: "End it at the vendor; then MarkRevoked with a ticket, where Velvet does not see it.",
    commands: ["velvet mark-revoked <request> --ticket <ticket>"],
    where: ["rotation"],
  },
  MadeUnseen: {
    meaning: "The rotation ended while a person was asked for a new credential, and nobody knows whether one was made.",
    fine: IN_USE,
    remedy: "Look at the vendor, and end there what nobody holds.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  MintedByHand: {
    meaning: "The vendor has no API that makes this credential.",
    fine: IN_USE,
    remedy: "Make one on the vendor's own pages, and hand it in with ProvideValue where Velvet does not see it.",
    commands: ["velvet provide <request>"],
    where: ["rotation"],
  },
  RevokedByHand: {
    meaning: "The vendor has no API that ends this credential.",
    fine: NEW,
    remedy: "End it on the vendor's own pages, then confirm with MarkRevoked where Velvet does not see it.",
    commands: ["velvet mark-revoked <request> --ticket <ticket>"],
    where: ["rotation"],
  },
  TokenMalformed: {
    meaning: "The value is no credential: it is empty, or has spaces or other characters.",
    fine: UNTOUCHED,
    remedy: "Put the right value where it is read from, or hand in another one.",
    where: ["rotation"],
  },
  TokenElsewhere: {
    meaning: "The credential works, but for another team, server or workspace than the manifest names.",
    fine: "The credential is left as it is.",
    remedy: "Hand in one of the right place, or correct the issuer's block in the manifest.",
    where: ["rotation"],
  },
  TokenRestricted: {
    meaning: "The vendor knows the credential, which may not do what it was asked with.",
    fine: NORMAL,
    remedy: "Compare its permissions with those of the one before.",
    where: ["rotation"],
  },
};
