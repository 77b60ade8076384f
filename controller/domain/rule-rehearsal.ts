/** What a person's decision means for a rehearsal, where that is not the same as for a rotation in earnest. Pure. */
import type { DecisionAction } from "../../crds/kinds.gen.ts";
import { CUSTODY } from "./consumers.ts";
import type { Ruling } from "./ruling.ts";
import { refuse, who } from "./ruling.ts";
import type { DecisionRow, Instant, World } from "./world.ts";
import { everybody, liveAttempt } from "./world.ts";

/** Undefined: it means what it always does. */
export function rehearsalRuling(world: World, decision: DecisionRow, now: Instant): Ruling | undefined {
  return world.rotation.flow === "Testing" ? RULES[decision.spec.action]?.(world, decision, now) : undefined;
}

type Rule = (world: World, decision: DecisionRow, now: Instant) => Ruling | undefined;

const RULES: Readonly<Partial<Record<DecisionAction, Rule>>> = {
  Approve: noRevokeGate,
  Deny: noRevokeGate,
  Abort: (world) => tooLate(world, "PastThePointOfNoReturn"),
  ConfirmConsumer: (world) => tooLate(world, "Aborting"),
  SkipConsumer: letGo,
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

/** While everything is taken back: a slot that cannot be is left to the person, and what stood in it is not kept any longer. */
function letGo(world: World, decision: DecisionRow, now: Instant): Ruling | undefined {
  if (!world.rotation.facts.rehearsal?.removal) return undefined;
  const { consumer, ticket } = decision.spec;
  const row = everybody(world).find(({ id }) => id === consumer || (id === CUSTODY && consumer === "custody"));
  if (!row?.touched || row.state === "restored") return refuse("NothingToRetry", `${consumer} is as it was already.`);
  if (row.facts.skipped) return refuse("ConsumerAlreadySkipped", `${consumer} is left to a person already.`);
  if (!ticket) return refuse("TicketMissing", "Leaving a test slot as it is needs a ticket.");
  const by = who(decision, now);
  return {
    verdict: "accepted",
    message: `${by.name} puts the test slot of ${consumer} in order by hand (${ticket}).`,
    consumers: [{ ...row, facts: { ...row.facts, skipped: by } }],
  };
}

function retryRemoval({ rotation }: World): Ruling {
  const { failure, ...facts } = rotation.facts;
  if (!facts.rehearsal?.removal || !failure) {
    return refuse("NothingToRetry", "The throwaway is not being ended yet, or nothing has failed.");
  }
  return { verdict: "accepted", message: "Trying to end the throwaway again now.", facts };
}
