/** Why the credential in use or the new one is not what it should be. */
import { BOTH, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const CAUSES_CREDENTIAL_REASONS: Readonly<Record<string, Reason>> = {
  NotAbsent: {
    meaning: "The request expects that there is no credential yet, and there is one.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation without expect: Absent.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  NothingFound: {
    meaning: "Neither custody nor the consumer named in readFrom holds a value.",
    fine: UNTOUCHED,
    remedy:
      "Put the current value into custody, name a consumer that holds it in readFrom, or request with expect: Absent.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  NotProbed: {
    meaning: "The credential in use was not probed; this is a mistake of Velvet.",
    fine: UNTOUCHED,
    remedy: "Report it as a bug, with the controller's log.",
    where: ["rotation"],
  },
  StillAlive: {
    meaning: "The request expects a dead credential, and the vendor accepts it.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation with expect: Alive.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  CredentialDead: {
    meaning: "The vendor no longer accepts the credential in use.",
    fine: "Nothing was changed by Velvet; consumers that hold it are probably failing now.",
    remedy: "Abort, and request the rotation again with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  CredentialLocked: {
    meaning: "The vendor has locked the credential in use.",
    fine: UNTOUCHED,
    remedy: "Unlock it at the vendor; Velvet tries again.",
    commands: ["velvet retry <request>"],
    where: ["rotation"],
  },
  NeedsHuman: {
    meaning: "The vendor wants a person before it says more of the credential.",
    fine: UNTOUCHED,
    remedy: "Do at the vendor what it asks for; Velvet tries again.",
    commands: ["velvet retry <request>"],
    where: ["rotation"],
  },
  ControlInconclusive: {
    meaning: "The vendor gave no clear answer to a value that is certainly wrong, so its yes is not trusted yet.",
    fine: UNTOUCHED,
    remedy: "Wait; Velvet tries again.",
    where: ["rotation"],
  },
  NegativeControlFailed: {
    meaning: "The vendor also accepted a value that is certainly wrong, so its yes proves nothing.",
    fine: UNTOUCHED,
    remedy: "Make the vendor account really authenticate (for Postgres: no trust in pg_hba.conf).",
    where: ["rotation"],
  },
  RetiredIdOpen: {
    meaning: "An earlier credential is kept for a restore, and its place at the vendor is needed.",
    fine: UNTOUCHED,
    remedy: "Wait until it is destroyed, or destroy it now.",
    commands: ["velvet destroy <credential> <vendor-id>"],
    where: ["rotation"],
  },
  QuotaExhausted: {
    meaning: "The vendor allows no further credential beside those that exist.",
    fine: UNTOUCHED,
    remedy: "Remove the one that nobody uses at the vendor; Velvet tries again.",
    commands: ["velvet retry <request>"],
    where: ["rotation"],
  },
  NewCredentialRefused: {
    meaning: "The vendor does not accept the new credential, or not yet.",
    fine: BOTH,
    remedy: "Wait through the vendor's propagation window; after that abort, which ends the new one.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
};
