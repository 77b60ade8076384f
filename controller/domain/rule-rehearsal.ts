/** What a person's decision means for a rehearsal, where that is not the same as for a rotation in earnest. Pure. */
import type { DecisionAction } from "../../crds/kinds.gen.ts";
import type { Ruling } from "./ruling.ts";
import { refuse } from "./ruling.ts";
import type { DecisionRow, World } from "./world.ts";
import { liveAttempt } from "./world.ts";

/** Undefined: it means what it always does. */
export function rehearsalRuling(world: World, decision: DecisionRow): Ruling | undefined {
  return world.rotation.flow === "Testing" ? RULES[decision.spec.action]?.(world, decision) : undefined;
}

type Rule = (world: World, decision: DecisionRow) => Ruling | undefined;

const RULES: Readonly<Partial<Record<DecisionAction, Rule>>> = {
  Approve: noRevokeGate,
  Deny: noRevokeGate,
  Abort: (world) => tooLate(world, "PastThePointOfNoReturn"),
  ConfirmConsumer: (world) => tooLate(world, "Aborting"),
  SkipConsumer: (world) => tooLate(world, "Aborting"),
  RetryRevoke: retryRemoval,
  MarkRevoked: (world) =>
    liveAttempt(world)?.state === "open"
      ? undefined
      : refuse("NotAtRevoke", "Velvet ends the throwaway by itself, and looks whether it is gone."),
};

function noRevokeGate(_: World, { spec }: DecisionRow): Ruling | undefined {
  if (spec.gate === "Mint") return undefined;
  return refuse("GateNotOpen", "A rehearsal ends nothing but its own throwaway: there is no Revoke gate.");
}

function tooLate({ rotation }: World, reason: string): Ruling | undefined {
  if (!rotation.facts.rehearsal?.removal) return undefined;
  return refuse(reason, "The rehearsal is over: its test slots are being put back, and its throwaway is being ended.");
}

function retryRemoval({ rotation }: World): Ruling {
  const { failure, ...facts } = rotation.facts;
  if (!facts.rehearsal?.removal || !failure) {
    return refuse("NothingToRetry", "The throwaway is not being ended yet, or nothing has failed.");
  }
  return { verdict: "accepted", message: "Trying to end the throwaway again now.", facts };
}
