/** How a rotation goes back, from wherever it is. Pure. */
import { CUSTODY } from "./consumers.ts";
import type { Action } from "./action.ts";
import { isSecondWriteDue } from "./late.ts";
import { mintRefusal } from "./mint-budget.ts";
import { earliest, waitForRetry } from "./wait.ts";
import type { ConsumerRow, Instant, State, World } from "./world.ts";
import { everybody, liveAttempt, specOf } from "./world.ts";

/** After so many tries a write-back or our own revoke is left to a person, named in `residual[]`. */
export const MOST_ABORT_TRIES = 5;

const RECEIPTS_COMPLETE: ReadonlySet<State> = new Set<State>(["validated"]);

/**
 * True when an abort leaves the new credential in use: every consumer proved that it works with it, or there is no living old
 * one to go back to.
 */
export function abortKeepsNew(world: World): boolean {
  const { facts, expect } = world.rotation;
  if (facts.abort && RECEIPTS_COMPLETE.has(facts.abort.from)) return true;
  return expect !== "Alive" && everybody(world).some((row) => row.touched);
}

/**
 * True when the vendor cannot take the mint back: the old value has ended with it, or will end by itself. Then there is only forward, until
 * every consumer has the new one or was skipped by a person.
 */
export function hasNoWayBack(world: World): boolean {
  if (world.rotation.state === "validated") return false;
  const attempt = liveAttempt(world);
  if (attempt?.state === "minted" && world.rotation.facts.revoked) return true;
  // What a person made has ended the old one only where it is what they were asked for.
  if (world.issuer.mintEndsOld === true) return attempt?.aliveAt !== undefined;
  return NO_WAY_BACK.has(world.issuer.mintClass) && (attempt !== undefined || mayHaveHappened(world));
}

/** One that is lost may have happened. Where no more may be minted either, a person decides all the same. */
function mayHaveHappened(world: World): boolean {
  return mintRefusal(world)?.reason !== "MintsExhausted" && hasLost(world);
}

const NO_WAY_BACK: ReadonlySet<string> = new Set(["native-grace", "roll-in-place", "vendor-distributed"]);

function hasLost({ attempts, issuer }: World): boolean {
  return issuer.mintClass !== "vendor-distributed" && attempts.some(({ state }) => state === "lost");
}

/** A consumer that could not be given the old value back, as far as Velvet goes. */
export function isGivenUp(consumer: ConsumerRow): boolean {
  return consumer.facts.failedAt === "restore" && (consumer.facts.failure?.tries ?? 0) >= MOST_ABORT_TRIES;
}

export function planAbort(world: World, now: Instant): Action {
  const attempt = liveAttempt(world);
  // A mint whose outcome is unknown is found out first: what may be alive cannot be left behind.
  if (attempt?.state === "open") return waitForRetry(world, now) ?? { do: "resolve", attempt };
  if (abortKeepsNew(world)) return { do: "finish-abort", keepNew: true };
  const back = planWriteBack(world, now);
  if (back) return back;
  if (attempt && mayRevokeNew(world)) return waitForRetry(world, now) ?? { do: "revoke-new", attempt };
  return { do: "finish-abort", keepNew: false };
}

/** Never while somebody may still hold the new one; and not for ever where the vendor refuses. */
function mayRevokeNew(world: World): boolean {
  if (world.issuer.revocation === "manual") return false;
  const tries = world.rotation.facts.failure?.tries ?? 0;
  return tries < MOST_ABORT_TRIES && !everybody(world).some(isGivenUp);
}

/** Who sends goes back before who accepts, and custody last, so that the value to go back to is never in doubt. */
function planWriteBack(world: World, now: Instant): Action | undefined {
  const open = world.consumers.filter((consumer) => consumer.touched && !isBack(consumer));
  const callers = open.filter((consumer) => specOf(world, consumer.id).role !== "acceptor");
  const group = callers.length > 0 ? callers : open;
  if (group.length > 0) return restoreDue(group, now);
  if (world.custody?.touched && !isBack(world.custody)) return restoreDue([world.custody], now);
  return undefined;
}

/** Not as long as an earlier write may still land over the old value that was written back. */
function isBack(consumer: ConsumerRow): boolean {
  return (consumer.state === "restored" && consumer.facts.unsureUntil === undefined) || isGivenUp(consumer);
}

function restoreDue(group: readonly ConsumerRow[], now: Instant): Action {
  const due = group.filter((consumer) => isRestoreDue(consumer, now));
  if (due.length > 0) return { do: "restore", ids: due.map((consumer) => consumer.id) };
  const until = earliest(...group.map(restoreAt));
  return { do: "wait", for: group[0]?.id === CUSTODY ? "Custody" : "WriteBack", until };
}

export function isRestoreDue(consumer: ConsumerRow, now: Instant): boolean {
  if (consumer.state === "restored") return isSecondWriteDue(consumer, now);
  const next = restoreAt(consumer);
  return next === undefined || next <= now;
}

export function restoreAt(consumer: ConsumerRow): Instant | undefined {
  if (consumer.state === "restored") return consumer.facts.unsureUntil;
  const failedBack = consumer.facts.failedAt === "restore" || consumer.facts.failedAt === "settle-back";
  return failedBack ? consumer.facts.failure?.nextTryAt : undefined;
}
