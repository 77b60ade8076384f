/** What a rotation shows from its request to its new credential, while it goes well or waits. */
import { BOTH, NEW, NORMAL, NOTHING, NOT_BEGUN, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const STAGES_BEGIN_REASONS: Readonly<Record<string, Reason>> = {
  Pending: {
    meaning: "It was read and has not been looked at yet.",
    fine: NORMAL,
    remedy: "Wait a moment; a running controller looks at it within seconds.",
    commands: ["velvet status <request>"],
    where: ["request", "decision"],
  },
  Accepted: {
    meaning: "It was accepted.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["request", "decision"],
  },
  Baseline: {
    meaning: "It was there when this ledger first saw its source, so it is recorded and not executed.",
    fine: NOT_BEGUN,
    remedy: "To rotate now, merge a request with a new name.",
    commands: ["velvet request rotate <credential>"],
    where: ["request", "decision"],
  },
  NotReached: {
    meaning: "An earlier stage is not finished, so this one has not begun.",
    fine: NORMAL,
    remedy: "Look at the first stage that is not True.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  Verifying: {
    meaning: "The credential in use is being read and probed.",
    fine: UNTOUCHED,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Verified: {
    meaning: "The credential in use is what the request expects.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  VerifyFailed: {
    meaning: "The credential in use could not be verified.",
    fine: UNTOUCHED,
    remedy: "Read the message of Verified: it names the cause.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  AwaitingApproval: {
    meaning: "A gate is open and waits for a person.",
    fine: BOTH,
    remedy: "Read what the gate says, then approve it or deny it.",
    commands: ["velvet approve <request>", "velvet deny <request>"],
    where: ["rotation"],
  },
  MintApproval: {
    meaning: "The Mint gate is open and waits for a person.",
    fine: UNTOUCHED,
    remedy: "Read what the gate says, then approve it or deny it.",
    commands: ["velvet approve <request>", "velvet deny <request>"],
    where: ["rotation"],
  },
  RevokeApproval: {
    meaning: "The Revoke gate is open and waits for a person.",
    fine: NEW,
    remedy: "Check that every consumer is named as working, then approve with the credential's name and a ticket.",
    commands: ["velvet approve <request>", "velvet deny <request>"],
    where: ["rotation"],
  },
  Approved: {
    meaning: "A person approved this gate.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Automatic: {
    meaning: "This gate needs no person, by the Credential's policy.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Minting: {
    meaning: "A new credential is being minted, or its outcome is being found out.",
    fine: BOTH,
    remedy: NOTHING,
    where: ["rotation"],
  },
  Minted: {
    meaning: "The vendor accepts the new credential.",
    fine: BOTH,
    remedy: NOTHING,
    where: ["rotation"],
  },
  MintFailed: {
    meaning: "The vendor certainly minted nothing, and this rotation has ended.",
    fine: BOTH,
    remedy: "Remove the cause that Minted names, then request the rotation again under a new name.",
    commands: ["velvet request rotate <credential>"],
    where: ["rotation"],
  },
  MintBudgetExhausted: {
    meaning: "This credential was minted as often as it may be in 24 hours.",
    fine: BOTH,
    remedy: "Wait: it goes on by itself. Find out why it needed so many, or abort.",
    commands: ["velvet abort <request>"],
    where: ["rotation"],
  },
  NothingWorks: {
    meaning:
      "The Credential's consumers have nothing that works: it was dead or absent, or what worked was ended first.",
    fine: "Velvet revokes nothing that works, and brings the new one with the next rotation that is not aborted.",
    remedy: "See what the request waits for; where it was aborted, request a rotation with expect: Dead.",
    commands: ["velvet describe <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation", "credential"],
  },
  NotRotatedYet: {
    meaning: "The Credential is taken, and no rotation of it has ended yet: nothing is proven of it.",
    fine: NORMAL,
    remedy: "File a RotationRequest when it is to be rotated.",
    where: ["rotation"],
  },
  Idle: {
    meaning: "No rotation of this Credential is going on.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
};
