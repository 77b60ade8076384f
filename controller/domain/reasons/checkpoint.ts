/** Why nothing is started: the ledger and its published checkpoint do not fit together. */
import { STOPPED } from "./reason.ts";
import type { Reason } from "./reason.ts";

const HELD =
  "Sources are still read and everything is shown; nothing is begun, changed or revoked until this is settled.";

export const CHECKPOINT_REASONS: Readonly<Record<string, Reason>> = {
  LedgerRollback: {
    meaning: "The ledger lacks a checkpoint that was published: it was restored from before it, or is another one.",
    fine: HELD,
    remedy:
      "Restore the newest backup that there is. Where this is it, read the report on what happened since, then accept.",
    commands: ["velvet audit verify", "velvet ledger report", "velvet ledger accept --reason …"],
    where: ["ledger"],
  },
  TakenForExecuted: {
    meaning:
      "The ledger was restored, and the Credential had changed meanwhile: this request is taken for one that was executed.",
    fine: "What is in use was adopted as it is; nothing was minted or revoked for this request.",
    remedy: "Where it was not executed, request it again under another name.",
    commands: ["velvet status", "velvet request rotate <credential>"],
    where: ["request"],
  },
  LedgerRestored: {
    meaning: "The rotation ended in the time that a restored ledger has lost; it is not gone on with.",
    fine: "What custody holds was looked at and adopted, and what the rotation may have left has a row of its own.",
    remedy: "Nothing, unless the report named something for you.",
    commands: ["velvet describe <request>", "velvet history <credential>"],
    where: ["rotation"],
  },
  CheckpointForged: {
    meaning: "The published checkpoint is not what this install signed: it was changed, or its key was.",
    fine: HELD,
    remedy: "Find out who wrote it. Put the right file back; or accept, which gives up what the file could have shown.",
    commands: ["velvet audit verify", "velvet ledger accept --reason …"],
    where: ["ledger"],
  },
  CheckpointForeign: {
    meaning: "The published checkpoint is of another install.",
    fine: HELD,
    remedy: "Give each install a file of its own in VELVET_CHECKPOINT_FILE.",
    commands: ["velvet doctor"],
    where: ["ledger"],
  },
  GitPushRefused: {
    meaning: "The repository for checkpoints does not take commits on their branch.",
    fine: "Rotations go on, and checkpoints are published to the file; the branch is caught up with later.",
    remedy: "Let the login push to that branch. It is never forced, so the branch may be protected against that.",
    commands: ["velvet doctor"],
    where: ["ledger"],
  },
  CheckpointKeyUnreadable: {
    meaning: "The file with the key that signs checkpoints cannot be read.",
    fine: STOPPED,
    remedy: "Restore the file, or let Velvet's user read it.",
    commands: ["velvet doctor"],
    where: ["start"],
  },
  CheckpointKeyMalformed: {
    meaning: "The file with the key that signs checkpoints does not hold 32 bytes in base64.",
    fine: STOPPED,
    remedy: "Restore the file; a new key is taken only where the one before it signs that.",
    commands: ["velvet doctor"],
    where: ["start"],
  },
  CheckpointUnreadable: {
    meaning: "The published checkpoint cannot be read, so nobody can tell whether the ledger is behind it.",
    fine: HELD,
    remedy: "Let Velvet's user read the file that VELVET_CHECKPOINT_FILE names.",
    commands: ["velvet doctor"],
    where: ["ledger"],
  },
};
