/** The single next step for one rotation. Pure; the first matching line wins. */
import { planAbort } from "./abort.ts";
import type { Cause } from "./backoff.ts";
import {
  awaitsPerson,
  checkedByPerson,
  consumerStep,
  CUSTODY,
  earliestTry,
  isFinished,
  letsNextBegin,
  waves,
} from "./consumers.ts";
import { durationMs, later } from "./duration.ts";
import { gateDigest, gateFacts, needsApproval } from "./gates.ts";
import type { Ruling } from "./rule.ts";
import { firstRuling } from "./rule.ts";
import type { AttemptRow, DecisionRow, Gate, Instant, World } from "./world.ts";
import { waitForRetry } from "./wait.ts";
import { liveAttempt } from "./world.ts";

export type Action =
  /** Answer a person's decision. */
  | { readonly do: "judge"; readonly decision: DecisionRow; readonly ruling: Ruling }
  /** Read the value in use, seal it, probe it, find out whose it is. */
  | { readonly do: "verify" }
  | { readonly do: "open-gate"; readonly gate: Gate; readonly digest: string }
  /** Write the intent, then mint once. */
  | { readonly do: "mint"; readonly number: number }
  /** The outcome of a mint is unknown: find it out, by the issuer's mint class. */
  | { readonly do: "resolve"; readonly attempt: AttemptRow }
  /** Probe the new value through the vendor's propagation window. */
  | { readonly do: "verify-new"; readonly attempt: AttemptRow }
  /** Write, settle and check these, side by side, each as far as it goes. */
  | { readonly do: "distribute"; readonly ids: readonly string[] }
  /** A last look at every consumer and at the old credential, then the point of no return. */
  | { readonly do: "revoke"; readonly id: string; readonly insist: boolean }
  | { readonly do: "finish" }
  /** Abort: write the old value back to these. */
  | { readonly do: "restore"; readonly ids: readonly string[] }
  | { readonly do: "revoke-new"; readonly attempt: AttemptRow }
  | { readonly do: "finish-abort"; readonly keepNew: boolean }
  /** `until` absent: only something from outside leads on. */
  | { readonly do: "wait"; readonly for: string; readonly until?: Instant | undefined };

/** More than this many definite refusals in a row end the rotation. */
export const MOST_MINT_TRIES = 5;
/** A credential mints at most so often in 24 hours (I6). */
const MOST_MINTS_A_DAY = 3;

/** Why this credential may not mint now. */
export function mintRefusal(world: Pick<World, "credential">): Cause | undefined {
  const { mintsToday } = world.credential;
  if (mintsToday < MOST_MINTS_A_DAY) return undefined;
  return {
    reason: "MintBudgetExhausted",
    message: `${mintsToday} credentials were minted for it in 24 hours, and ${MOST_MINTS_A_DAY} is the most.`,
    remedy: "Find out what asks for so many; it goes on by itself when the oldest is a day old.",
    terminal: true,
  };
}

export function plan(world: World, now: Instant): Action {
  const ruling = firstRuling(world, now);
  if (ruling) return { do: "judge", ...ruling };
  if (world.rotation.facts.abort) return planAbort(world, now);
  return planVerify(world, now) ?? planMint(world, now) ?? planDistribute(world, now) ?? planRevoke(world, now);
}

function planVerify(world: World, now: Instant): Action | undefined {
  if (world.rotation.facts.verify) return undefined;
  if (world.rotation.deadline <= now) return { do: "finish-abort", keepNew: false };
  return waitForRetry(world, now) ?? { do: "verify" };
}

function planMint(world: World, now: Instant): Action | undefined {
  const attempt = liveAttempt(world);
  if (!attempt) return planFirstMint(world, now);
  if (attempt.state === "open") return waitForRetry(world, now) ?? { do: "resolve", attempt };
  if (attempt.aliveAt === undefined) return waitForRetry(world, now) ?? { do: "verify-new", attempt };
  return undefined;
}

function planFirstMint(world: World, now: Instant): Action {
  // Past its deadline nothing new is begun; what was begun goes on.
  if (world.rotation.deadline <= now) return { do: "finish-abort", keepNew: false };
  const gate = planGate(world, "Mint");
  if (gate) return gate.do === "wait" ? { ...gate, until: world.rotation.deadline } : gate;
  return waitForRetry(world, now) ?? { do: "mint", number: world.attempts.length + 1 };
}

function planGate(world: World, gate: Gate): Action | undefined {
  if (!needsApproval(world, gate)) return undefined;
  const facts = gateFacts(world, gate);
  const digest = gateDigest(world, gate);
  if (facts?.digest !== digest) return { do: "open-gate", gate, digest };
  return facts.approved ? undefined : { do: "wait", for: `${gate}Approval` };
}

function planDistribute(world: World, now: Instant): Action | undefined {
  // Nobody holds it, nobody can prove anything: an empty set is never a success.
  if (world.consumers.length === 0) return { do: "wait", for: "NoConsumers" };
  return planCustody(world, now) ?? planWaves(world, now) ?? waitForConsumers(world);
}

function planCustody(world: World, now: Instant): Action | undefined {
  const custody = world.custody;
  if (!custody || isFinished(custody)) return undefined;
  if (consumerStep(custody, false, now)) return { do: "distribute", ids: [CUSTODY] };
  return { do: "wait", for: "Custody", until: earliestTry([custody]) };
}

function planWaves(world: World, now: Instant): Action | undefined {
  const budget = world.rotation.snapshot.credential.spec.rotation?.failureBudget ?? 0;
  for (const group of waves(world)) {
    const due = group.filter((consumer) => consumerStep(consumer, checkedByPerson(world, consumer.id), now));
    if (due.length > 0) return { do: "distribute", ids: due.map((consumer) => consumer.id) };
    if (!letsNextBegin(group, budget)) return waitForConsumers(world);
  }
  return undefined;
}

function waitForConsumers(world: World): Action | undefined {
  const open = world.consumers.filter((consumer) => !isFinished(consumer));
  if (open.length === 0) return undefined;
  const reason = open.some((consumer) => awaitsPerson(world, consumer)) ? "AwaitingConfirmation" : "ConsumersNotReady";
  return { do: "wait", for: reason, until: earliestTry(open) };
}

function planRevoke(world: World, now: Instant): Action {
  if (world.rotation.facts.revoked || nothingToRevoke(world)) return { do: "finish" };
  return planGate(world, "Revoke") ?? waitForOverlap(world, now) ?? planPointOfNoReturn(world, now);
}

/** There never was an old credential, or the vendor itself called it dead and nobody knows its id. */
function nothingToRevoke(world: World): boolean {
  const { facts, expect } = world.rotation;
  if (expect === "Absent") return true;
  const gone = facts.verify?.liveness === "dead" || facts.verify?.liveness === "absent";
  return gone && facts.verify?.previousId === undefined;
}

/** The overlap is measured from the last receipt: from then on every consumer has had both. */
function waitForOverlap(world: World, now: Instant): Action | undefined {
  const { facts, snapshot } = world.rotation;
  const overlap = durationMs(snapshot.credential.spec.rotation?.overlap ?? "0s");
  const until = later(facts.lastReceiptAt ?? now, overlap);
  return until > now ? { do: "wait", for: "Overlap", until } : undefined;
}

function planPointOfNoReturn(world: World, now: Instant): Action {
  const { facts } = world.rotation;
  const id = facts.verify?.previousId;
  // No vendor keeps it: it ends as its acceptors drop it, and they hold the new one by now.
  if (id === undefined && world.issuer.authority === "acceptors") return { do: "finish" };
  if (id === undefined || world.issuer.revocation === "manual") return { do: "wait", for: "ManualRevoke" };
  return waitForRetry(world, now) ?? { do: "revoke", id, insist: facts.insist !== undefined };
}
