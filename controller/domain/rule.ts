/** What a person's decision means for a rotation: accepted with what it changes, refused with why, or not yet. Pure. */
import type { DecisionAction } from "../../crds/kinds.gen.ts";
import { hasNoWayBack } from "./abort.ts";
import { gateDigest, gateFacts, needsApproval } from "./gates.ts";
import { confirmConsumer, dueNow, retryConsumers, skipConsumer } from "./rule-consumer.ts";
import { rehearsalRuling } from "./rule-rehearsal.ts";
import { provideValue, settleMint } from "./rule-mint.ts";
import { abandon, REVOCATION_RULES } from "./rule-revocation.ts";
import type { Refused, Rule, Ruling } from "./ruling.ts";
import { refuse, who } from "./ruling.ts";
import type { ConsumerRow, DecisionRow, Gate, Instant, State, World } from "./world.ts";
import { everybody, liveAttempt, needsTwoPeople } from "./world.ts";

/** The first decision that can be answered now, oldest first. */
export function firstRuling(world: World, now: Instant): { decision: DecisionRow; ruling: Ruling } | undefined {
  for (const decision of world.decisions) {
    const ruling = rule(world, decision, now);
    if (ruling) return { decision, ruling };
  }
  return undefined;
}

/** Undefined: its time has not come (an approval of a gate that is not open yet). */
export function rule(world: World, decision: DecisionRow, now: Instant): Ruling | undefined {
  const distrust = twoPersonRefusal(world, decision);
  if (distrust) return distrust;
  const rehearsal = rehearsalRuling(world, decision, now);
  if (rehearsal) return rehearsal;
  const answer = rulesOf(world)[decision.spec.action];
  if (!answer) {
    return refuse("ActionNotPossible", `${decision.spec.action} has no meaning for a rotation in this flow.`);
  }
  return answer(world, decision, now);
}

const approveGate: Rule = (world, decision, now) =>
  gateRefusal(world, decision) ?? (isOpen(world, decision) ? approve(world, decision, now) : undefined);

const RULES: Readonly<Partial<Record<DecisionAction, Rule>>> = {
  Approve: approveGate,
  Deny: (world, decision, now) =>
    gateRefusal(world, decision) ?? (isOpen(world, decision) ? abort(world, decision, now) : undefined),
  Abort: abort,
  RetryConsumers: retryConsumers,
  ConfirmConsumer: confirmConsumer,
  SkipConsumer: skipConsumer,
  RetryRevoke: retryRevoke,
  MarkRevoked: markRevoked,
  ProvideValue: provideValue,
};

const IN_REVOCATION: typeof RULES = {
  Approve: approveGate,
  Deny: (world, decision, now) =>
    gateRefusal(world, decision) ?? (isOpen(world, decision) ? abandon(world, decision, now) : undefined),
  ...REVOCATION_RULES,
};

function rulesOf({ rotation }: World): typeof RULES {
  return rotation.flow === "Revocation" ? IN_REVOCATION : RULES;
}

/** Under `twoPerson` a name typed in a file is no proof, and nobody approves their own request. */
function twoPersonRefusal(world: World, decision: DecisionRow): Refused | undefined {
  const { request } = world.rotation.snapshot;
  if (!needsTwoPeople(world.rotation.snapshot)) return undefined;
  if (decision.trust === "claimed") {
    return refuse("TrustTooLow", "This account needs two people, and a name typed in a file proves neither.");
  }
  if (decision.spec.decidedBy === request.spec.requestedBy) {
    return refuse("SamePerson", `${decision.spec.decidedBy} requested this rotation and cannot decide on it.`);
  }
  return undefined;
}

function gateOf(decision: DecisionRow): Gate {
  return decision.spec.gate ?? "Revoke";
}

function isOpen(world: World, decision: DecisionRow): boolean {
  return gateFacts(world, gateOf(decision))?.digest === gateDigest(world, gateOf(decision));
}

function gateRefusal(world: World, decision: DecisionRow): Refused | undefined {
  const gate = gateOf(decision);
  if (world.rotation.facts.abort) return refuse("Aborting", "This rotation is being aborted.");
  if (gateFacts(world, gate)?.approved) return refuse("AlreadyApproved", `The ${gate} gate is already approved.`);
  if (!isOpen(world, decision)) return neverOpens(world, gate);
  const digest = gateDigest(world, gate);
  if (decision.spec.digest !== digest) {
    return refuse(
      "StaleDigest",
      `The open ${gate} gate has the digest ${digest}: something changed after what was approved here was shown.`,
    );
  }
  return undefined;
}

/** Undefined: it may still. */
function neverOpens(world: World, gate: Gate): Refused | undefined {
  if (needsApproval(world, gate)) return undefined;
  const { revocation, verify } = world.rotation.facts;
  if (revocation?.ids) return refuse("GateNotOpen", "This Revocation needs nobody's approval.");
  return gate === "Mint" && verify
    ? refuse("GateNotOpen", "The Mint gate of this credential is automatic.")
    : undefined;
}

function approve(world: World, decision: DecisionRow, now: Instant): Ruling {
  const gate = gateOf(decision);
  const facts = gateFacts(world, gate);
  if (!facts) return refuse("GateNotOpen", `The ${gate} gate is not open.`);
  if (gate === "Revoke") {
    const expected = world.rotation.snapshot.credential.spec.credentialName;
    if (decision.spec.confirm !== expected) {
      return refuse("ConfirmMismatch", `Approving a revoke needs confirm: ${expected}, typed by hand.`);
    }
    if (!decision.spec.ticket) return refuse("TicketMissing", "Approving a revoke needs a ticket.");
  }
  const approved = who(decision, now);
  return {
    verdict: "accepted",
    message: `${approved.name} approved the ${gate} gate.`,
    facts: {
      ...world.rotation.facts,
      gates: { ...world.rotation.facts.gates, [gate]: { ...facts, approved } },
    },
  };
}

const PAST_NO_RETURN: ReadonlySet<State> = new Set<State>(["revoking", "revoke_failed", "done"]);

function abort(world: World, decision: DecisionRow, now: Instant): Ruling {
  const from = world.rotation.state;
  if (world.rotation.facts.abort) return refuse("Aborting", "This rotation is already being aborted.");
  if (PAST_NO_RETURN.has(from)) {
    return refuse(
      "PastThePointOfNoReturn",
      "The old credential is being revoked; every consumer works with the new one. Use RetryRevoke or MarkRevoked.",
    );
  }
  if (hasNoWayBack(world)) {
    return refuse(
      "NoWayBack",
      "The vendor cannot take this mint back: the old credential has ended or will end. Skip who cannot be given the new one, with a ticket.",
    );
  }
  const { failure, ...facts } = world.rotation.facts;
  const by = who(decision, now);
  const over = failure === undefined ? {} : { over: failure.reason };
  return {
    verdict: "accepted",
    message: `${by.name} ${decision.spec.action === "Deny" ? "denied" : "aborted"} the rotation: ${decision.spec.reason}`,
    state: "aborting",
    facts: { ...facts, abort: { by, reason: decision.spec.reason, from, ...over } },
    consumers: withoutFailures(everybody(world)),
  };
}

function withoutFailures(rows: readonly ConsumerRow[]): ConsumerRow[] {
  return rows.filter((row) => row.facts.failure).map(dueNow);
}

function retryRevoke(world: World, decision: DecisionRow, now: Instant): Ruling {
  const { state, facts } = world.rotation;
  const blocked = state === "revoke_failed" || (state === "validated" && facts.failure !== undefined);
  if (!blocked) return refuse("NothingToRetry", "The revoke has not failed and is not held back.");
  const { failure: _, ...rest } = facts;
  const by = who(decision, now);
  return { verdict: "accepted", message: `${by.name} insists on the revoke.`, facts: { ...rest, insist: by } };
}

function markRevoked(world: World, decision: DecisionRow, now: Instant): Ruling {
  if (!decision.spec.ticket) return refuse("TicketMissing", "Marking a credential as revoked needs a ticket.");
  const { state, facts } = world.rotation;
  const open = liveAttempt(world);
  if (open?.state === "open") return settleMint(world, open.id, who(decision, now));
  const approved = !needsApproval(world, "Revoke") || facts.gates?.Revoke?.approved !== undefined;
  if (state !== "revoke_failed" && !(state === "validated" && approved)) {
    return refuse("NotAtRevoke", "Only a rotation whose revoke is approved or has failed can be marked as revoked.");
  }
  const { failure: _, ...rest } = facts;
  const by = who(decision, now);
  return {
    verdict: "accepted",
    message: `${by.name} revoked the old credential by hand (${by.ticket}).`,
    facts: { ...rest, revoked: { at: now, by: "person", who: by } },
  };
}
