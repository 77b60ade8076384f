/** Why nothing is started: the ledger and its published checkpoint do not fit together. */
import type { Reason } from "./reason.ts";

const HELD =
  "Sources are still read and everything is shown; nothing is begun, changed or revoked until this is settled.";

export const CHECKPOINT_REASONS: Readonly<Record<string, Reason>> = {
  LedgerRollback: {
    meaning: "The ledger lacks a checkpoint that was published: it was restored from before it, or is another one.",
    fine: HELD,
    remedy:
      "Restore the newest backup that there is. Where this is it, look at the vendors for what the lost rotations made, then accept.",
    commands: ["velvet audit verify", "velvet ledger accept --reason …"],
    where: ["ledger"],
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
  CheckpointUnreadable: {
    meaning: "The published checkpoint cannot be read, so nobody can tell whether the ledger is behind it.",
    fine: HELD,
    remedy: "Let Velvet's user read the file that VELVET_CHECKPOINT_FILE names.",
    commands: ["velvet doctor"],
    where: ["ledger"],
  },
};
