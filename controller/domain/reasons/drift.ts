/** What can differ between rotations: found by a look, shown on the Credential. */
import { NORMAL, NOTHING } from "./reason.ts";
import type { Reason } from "./reason.ts";

const ELSEWHERE = "The other consumers and the vendor: what differs there is named by itself.";
const SEEN = "Nothing was changed: Velvet only looked.";
const CORRECT = ["velvet drift <credential>", "velvet drift correct <credential>"];
const LOOK = ["velvet drift <credential>"];
const ACCEPT = ["velvet drift <credential>", "velvet drift accept <credential>"];

function drift(meaning: string, remedy: string, commands: readonly string[] = LOOK, fine = ELSEWHERE): Reason {
  return { meaning, fine, remedy, commands, where: ["credential"] };
}

/** Of a place that holds a copy. */
export const DRIFT_PLACES_REASONS: Readonly<Record<string, Reason>> = {
  ValueChanged: drift(
    "A consumer holds another value than Velvet wrote, or was written by somebody else since.",
    "Find out who writes there; have it written again, or accept it.",
    CORRECT,
  ),
  ValueRemoved: drift(
    "A key that Velvet wrote is not there any more.",
    "Find out who removed it; have it written again, or take the consumer out of the manifest.",
    CORRECT,
  ),
  RevertedToOld: drift(
    "A consumer holds a value from before: somebody restored an old state.",
    "Have it written again before the old value ends; see what restores old states there.",
    CORRECT,
  ),
  CustodyDiffers: drift(
    "Custody holds another value than the ledger knows, so that nothing is written from it.",
    "See who wrote custody. A rotation adopts what it holds, if the vendor knows it.",
    ["velvet drift <credential>", "velvet request rotate <credential>"],
  ),
  Shadowed: drift(
    "Something stands before the place, so that the consumer reads that instead.",
    "Remove what hides it, or name that place as the consumer.",
    ACCEPT,
  ),
  Renamed: drift(
    "The place has another name now.",
    "Put the new name into the manifest, and into the account's allow[].",
  ),
  Unreachable: drift(
    "A place or the vendor cannot be looked at: it is gone, refuses, or did not answer several times.",
    "See the reason in the message. A consumer that is gone is taken out of the manifest.",
    ACCEPT,
  ),
  DoubleWriter: drift(
    "Somebody else than Velvet changed the place several times in a day: two write there.",
    "Find the other writer and take the key away from it, or take the consumer away from Velvet.",
    ACCEPT,
  ),
  DriftFight: drift(
    "A place was put right three times in a day and overwritten each time; Velvet stops writing it.",
    "Stop the other writer, then have it written again: that begins the count anew.",
    CORRECT,
  ),
};

/** Of the vendor's list, of accounts, and between Credentials. */
export const DRIFT_VENDOR_REASONS: Readonly<Record<string, Reason>> = {
  CurrentMissing: drift(
    "The vendor does not list the credential in use any more.",
    "Consumers may be without a valid credential: rotate now, with expect: Dead.",
    ["velvet drift <credential>", "velvet request rotate <credential>"],
    "The value in custody is as the ledger knows it, unless that is named too.",
  ),
  CurrentDisabled: drift(
    "The vendor has the credential in use disabled.",
    "Enable it there if nobody meant it; otherwise rotate now, with expect: Dead.",
    ["velvet drift <credential>", "velvet request rotate <credential>"],
  ),
  CurrentRefused: drift(
    "The vendor refuses the value that custody holds and the ledger knows: it was changed at the vendor.",
    "Rotate now, with expect: Dead.",
    ["velvet drift <credential>", "velvet request rotate <credential>"],
  ),
  CurrentExpired: drift(
    "The vendor has ended the credential in use by its own date.",
    "Rotate now, with expect: Dead.",
    ["velvet request rotate <credential>"],
  ),
  CurrentExpiring: drift(
    "The vendor ends the credential in use soon, by its own date.",
    "Rotate before that.",
    ["velvet request rotate <credential>"],
    "The credential still works everywhere.",
  ),
  OldStillUsed: drift(
    "An old credential is used after every consumer had changed over.",
    "Find who still uses it: a consumer that nobody registered, or one that was not restarted.",
    ["velvet drift <credential>", "velvet restore <credential> <vendor-id>", "velvet destroy <credential> <vendor-id>"],
    "The consumers that were proven work with the new one. In its quarantine the old one can be brought back.",
  ),
  RetiredStillLive: drift(
    "The vendor still has a credential enabled that was ended.",
    "See at the vendor what it is; end it there by hand.",
    ACCEPT,
    SEEN,
  ),
  Orphan: drift(
    "The vendor has a credential that Velvet minted and that nobody owns.",
    "See at the vendor whether anybody uses it, then end it there by hand.",
    ACCEPT,
    SEEN,
  ),
  UnknownKey: drift(
    "The vendor has a credential that the ledger does not know, though Velvet alone mints it or with Velvet's marker.",
    "See whose it is. Velvet never ends what its ledger does not know: the ledger may have been restored.",
    ACCEPT,
    SEEN,
  ),
  SharedValue: drift(
    "The same value stands in two Credentials, so that ending one ends the other.",
    "Rotate one of them.",
    ["velvet drift <credential>", "velvet request rotate <credential>"],
  ),
};

/** How a Credential stands where nothing differs, and why a look or a decision came to nothing. */
export const DRIFT_STATES_REASONS: Readonly<Record<string, Reason>> = {
  NothingDrifted: drift("All that can be seen is as the ledger says.", NOTHING, LOOK, NORMAL),
  DriftAccepted: drift("What differs was accepted by a person, and has not changed since.", NOTHING, LOOK, NORMAL),
  DriftDisabled: drift("Its manifest says that nobody is to look.", "Set spec.drift.mode to Warn.", LOOK, SEEN),
  NotChecked: drift("No look has come to its end yet.", "Wait; it is looked at within an hour.", LOOK, SEEN),
  DriftGivesWay: drift(
    "A look was put off: a rotation began, its account does not work, or there was no time left for it.",
    NOTHING,
    LOOK,
    SEEN,
  ),
  CorrectionInProgress: {
    meaning: "A consumer of this credential is being written again just now, so that a rotation waits for the outcome.",
    fine: "What the consumers use stays as it is.",
    remedy: "Wait: the rotation begins by itself, within a minute at most.",
    commands: LOOK,
    where: ["request"],
  },
  NoDrift: {
    meaning: "Nothing differs that could be accepted or corrected.",
    fine: SEEN,
    remedy: NOTHING,
    commands: LOOK,
    where: ["decision"],
  },
  NotCorrectable: {
    meaning: "What differs does not end by writing a consumer again.",
    fine: SEEN,
    remedy: "Do what the reason of the drift says, or accept it.",
    commands: ACCEPT,
    where: ["decision"],
  },
  CredentialUnknown: {
    meaning: "There is no such Credential in this namespace.",
    fine: SEEN,
    remedy: "See all of them with velvet drift, and decide again under another name.",
    commands: ["velvet drift"],
    where: ["decision"],
  },
};
