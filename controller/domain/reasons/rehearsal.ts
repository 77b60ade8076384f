/** What a rehearsal (flow Testing) shows: why it is refused, what stops it, what is left of it. */
import { NORMAL, NOT_BEGUN, NOTHING } from "./reason.ts";
import type { Reason } from "./reason.ts";

const LIVE_AS_IT_WAS = "The credential in use and every live place are as they were: a rehearsal touches none of them.";

export const REHEARSAL_REASONS: Readonly<Record<string, Reason>> = {
  NothingToRehearse: {
    meaning: "No active consumer has a testSlot, so there is no place for a throwaway credential.",
    fine: NOT_BEGUN,
    remedy: "Give at least one consumer a testSlot in the Credential, then request it again.",
    commands: ["velvet request test <credential>"],
    where: ["request"],
  },
  MintNotRehearsable: {
    meaning:
      "At this vendor a throwaway credential cannot be made beside the one in use, or not be ended again by Velvet.",
    fine: NOT_BEGUN,
    remedy: "Nothing makes it rehearsable: see what a rotation in earnest would do with a plan.",
    commands: ["velvet plan <credential>"],
    where: ["request"],
  },
  TestSlotInvalid: {
    meaning: "A testSlot is not what its adapter takes, or what Velvet's own words in it allow.",
    fine: NOT_BEGUN,
    remedy: "Correct the testSlot as the message says; the adapter's page shows what its block takes.",
    commands: ["velvet validate"],
    where: ["manifest", "request"],
  },
  RehearsalTouchesLive: {
    meaning: "A place of the rehearsal is a live place of some Credential, or holds the credential in use.",
    fine: LIVE_AS_IT_WAS,
    remedy: "Give the consumer a test slot that nothing live reads, then request the rehearsal again.",
    commands: ["velvet validate"],
    where: ["manifest", "request", "rotation", "consumer"],
  },
  TestSlotTaken: {
    meaning: "Two consumers have the same test slot, so neither could be put back as it was.",
    fine: NOT_BEGUN,
    remedy: "Give each of them a test slot of its own.",
    commands: ["velvet validate"],
    where: ["manifest", "request"],
  },
  TestSlotOccupied: {
    meaning: "Something stands in a test slot already whose value cannot be read, and so could not be put back.",
    fine: LIVE_AS_IT_WAS,
    remedy: "Remove it there or name another slot, then request the rehearsal again.",
    commands: ["velvet request test <credential>"],
    where: ["rotation"],
  },
  TestSlotChanged: {
    meaning: "Somebody wrote a test slot after Velvet had looked at it and before it was written.",
    fine: LIVE_AS_IT_WAS,
    remedy: "Leave the slot alone while it is rehearsed: abort, and request the rehearsal again.",
    commands: ["velvet abort <request>"],
    where: ["consumer"],
  },
  SlotNotSaved: {
    meaning: "What stood in a test slot before is not known, so it is not written.",
    fine: LIVE_AS_IT_WAS,
    remedy: "Abort, and request the rehearsal again; report it if it comes back.",
    commands: ["velvet abort <request>"],
    where: ["consumer"],
  },
  TestSlots: {
    meaning: "The test slots are being put back as they were, and one of them could not be reached.",
    fine: LIVE_AS_IT_WAS,
    remedy: "Remove the cause that the consumer names; Velvet goes on trying. Or put it in order by hand, and skip it.",
    commands: ["velvet retry <request>", "velvet skip <request> <consumer>"],
    where: ["rotation"],
  },
  NotProven: {
    meaning: "Not every place of the rehearsal could be proven: the report names each and why.",
    fine: LIVE_AS_IT_WAS,
    remedy:
      "Give the test slot an endpoint of its own that proves the credential, where its sink does not show values.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  ThrowawayGone: {
    meaning: "The throwaway was ended and looked for: the vendor does not know it, and no test slot holds it.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  ThrowawayNotGone: {
    meaning: "The throwaway was ended, and the vendor or a test slot still shows it.",
    fine: LIVE_AS_IT_WAS,
    remedy:
      "See at the vendor why it is still there; Velvet looks again, and hands it to the retired ids after a while.",
    commands: ["velvet describe <request>", "velvet retry <request>"],
    where: ["rotation", "consumer"],
  },
  ThrowawayLive: {
    meaning: "The throwaway of a rehearsal could not be ended, or not be proved gone.",
    fine: LIVE_AS_IT_WAS,
    remedy: "Velvet goes on trying to end it, as a retired id; destroy it to try now.",
    commands: ["velvet destroy <credential> <vendor-id>"],
    where: ["rotation"],
  },
  TestSlotNotPutBack: {
    meaning: "A test slot may still hold the throwaway, which is dead, in place of what was there before.",
    fine: LIVE_AS_IT_WAS,
    remedy: "Put the slot in order by hand.",
    where: ["rotation"],
  },
};
