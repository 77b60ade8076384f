/** Every way from one state of a rotation to another. The journal refuses any other; the reference is generated from it. */
import type { State } from "./world.ts";

/** While consumers are written and checked, any of these can follow any other: each consumer goes its own way. */
const CONSUMERS: readonly State[] = [
  "distributing",
  "distribute_partial",
  "distribute_failed",
  "validating",
  "validate_partial",
  "validate_failed",
  "validated",
];

const fromConsumers: readonly State[] = [...CONSUMERS, "aborting", "aborted"];

/** Once the first credential of a Revocation is being ended, whatever is found out decides. */
const ENDING: readonly State[] = ["rev_revoking", "rev_revoke_failed", "rev_revoked", "rev_validating", "rev_leaked"];

const fromEnding: readonly State[] = [...ENDING, "rev_done"];

/** A Revocation ends every other rotation as `aborted`, wherever it is. */
export const TRANSITIONS: Readonly<Record<State, readonly State[]>> = {
  verifying: ["verified", "verify_failed", "aborting", "aborted"],
  verify_failed: ["verified", "aborting", "aborted"],
  verified: ["minting", "aborting", "aborted"],
  minting: ["minted", "mint_failed", "aborting", "aborted"],
  minted: fromConsumers,
  mint_failed: [],
  distributing: fromConsumers,
  distribute_partial: fromConsumers,
  distribute_failed: fromConsumers,
  validating: fromConsumers,
  validate_partial: fromConsumers,
  validate_failed: fromConsumers,
  validated: [...CONSUMERS, "revoking", "done", "aborting", "aborted"],
  // A consumer that somebody overwrote in the meantime is written again before the revoke goes on.
  revoke_failed: [...CONSUMERS, "revoking", "done", "aborted"],
  // A rehearsal that could not take everything back ends as aborted, and so does what a Revocation pre-empts.
  revoking: ["revoke_failed", "done", "aborted"],
  done: [],
  aborting: ["aborted"],
  aborted: [],
  rev_init: [...fromEnding, "aborted"],
  rev_revoking: fromEnding,
  rev_revoke_failed: fromEnding,
  rev_revoked: fromEnding,
  rev_validating: fromEnding,
  rev_leaked: fromEnding,
  rev_done: [],
};

export function mayFollow(from: State, to: State): boolean {
  return from === to || TRANSITIONS[from].includes(to);
}
