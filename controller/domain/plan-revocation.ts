/** The flow Revocation: fix the list, end each, prove that nobody lets it in. Pure; the first matching line wins. */
import type { Action, RevocationStep } from "./action.ts";
import { planGate } from "./plan-gate.ts";
import type { TargetId } from "./revocation.ts";
import { accepts, idsOf, isClosed, isProven, onlySecondSlots, revocationOf } from "./revocation.ts";
import { hasSecondSlot } from "./slots.ts";
import { earliest, waitForRetry } from "./wait.ts";
import type { ConsumerRow, Failure, Instant, World } from "./world.ts";

export function planRevocation(world: World, now: Instant): Action {
  if (world.rotation.facts.abort) return step({ do: "abandon" });
  // A step that broke by a mistake of ours waits; what a vendor refuses has a failure of its own.
  const broken = waitForRetry(world, now);
  if (broken) return broken;
  if (!revocationOf(world.rotation).ids) return step({ do: "fix-targets" });
  return (
    planBegin(world, now) ?? planDrop(world, now) ?? planEnd(world, now) ?? planProof(world, now) ?? planRest(world)
  );
}

function step(next: RevocationStep): Action {
  return { do: "revocation", step: next };
}

/** Nothing is ended before two people have said so, where an account asks for that. */
function planBegin(world: World, now: Instant): Action | undefined {
  const { state, deadline } = world.rotation;
  if (state !== "rev_init") return undefined;
  if (deadline <= now) return step({ do: "abandon" });
  const gate = planGate(world, "Revoke");
  if (gate) return gate.do === "wait" ? { ...gate, until: deadline } : gate;
  // The first intent is the beginning; what acceptors lose has none that is bound to what was looked at.
  const ends = idsOf(world).some(isPending) && world.issuer.authority !== "acceptors";
  return ends ? undefined : step({ do: "begin" });
}

function planEnd(world: World, now: Instant): Action | undefined {
  const due = idsOf(world).find((each) => isEndDue(each, now));
  return due && step({ do: "end-target", target: due });
}

function isEndDue({ state, failure }: TargetId, now: Instant): boolean {
  if (state === "pending") return true;
  return state === "failed" && isDue(failure, now);
}

function isDue(failure: Failure | undefined, now: Instant): boolean {
  return failure === undefined || (failure.nextTryAt !== undefined && failure.nextTryAt <= now);
}

function planDrop(world: World, now: Instant): Action | undefined {
  const due = world.consumers.filter((row) => !isProven(row) && isDropDue(world, row, now));
  return due.length > 0 ? step({ do: "drop-value", ids: due.map(({ id }) => id) }) : undefined;
}

function planProof(world: World, now: Instant): Action | undefined {
  if (!mayProbe(world)) return undefined;
  const open = world.consumers.filter((row) => !isProven(row) && mayBeAsked(world, row));
  const due = open.filter((row) => isDue(row.facts.failure, now));
  return due.length > 0 ? step({ do: "prove-lock-out", ids: due.map(({ id }) => id) }) : undefined;
}

/** Nobody knows the value but who accepts it: then ending it is to take it from them. */
function mustDrop(world: World, row: ConsumerRow): boolean {
  if (world.issuer.authority !== "acceptors" || !accepts(world, row.id)) return false;
  return !onlySecondSlots(world) || hasSecondSlot(world, row.id);
}

/** Once more, when a write of the rotation before may have landed over it. */
function isDropDue(world: World, row: ConsumerRow, now: Instant): boolean {
  if (!mustDrop(world, row) || !isDue(row.facts.failure, now)) return false;
  const { dropped, unsureUntil } = row.facts;
  return dropped?.settled !== true || (unsureUntil !== undefined && unsureUntil <= now);
}

/** Without a vendor those who send the value are known to be locked out when all who accept it are. */
function mayBeAsked(world: World, row: ConsumerRow): boolean {
  if (world.issuer.authority !== "acceptors" || accepts(world, row.id)) return isDropped(world, row);
  return world.consumers.every((each) => !accepts(world, each.id) || isProven(each));
}

function isDropped(world: World, row: ConsumerRow): boolean {
  return !mustDrop(world, row) || (row.facts.dropped?.settled === true && row.facts.unsureUntil === undefined);
}

/** A yes of the vendor to what was not ended yet would prove nothing but that. */
function mayProbe(world: World): boolean {
  const { value } = revocationOf(world.rotation);
  const ids = idsOf(world);
  if (ids.length === 0) return world.issuer.authority === "acceptors" || value?.known === true;
  return ids.filter(({ id }) => value?.known !== true || id === value.id).every(isClosed) && !ids.some(isPending);
}

function isPending({ state }: TargetId): boolean {
  return state === "pending";
}

/** Everything that can be done now is done. */
function planRest(world: World): Action {
  const ids = idsOf(world).filter((each) => !isClosed(each));
  const rows = needsProof(world) ? world.consumers.filter((row) => !isProven(row)) : [];
  if (ids.length === 0 && rows.length === 0) return step({ do: "finish" });
  const until = earliest(...ids.map(({ failure }) => failure?.nextTryAt), ...rows.map((row) => nextLook(world, row)));
  if (ids.some(({ state }) => state === "by-hand")) return { do: "wait", for: "AwaitingManualRevoke", until };
  return { do: "wait", for: ids.length > 0 ? "RevRevokeFailed" : "RevValidating", until };
}

/** What has failed is not looked at before its next try, whatever else is due there. */
function nextLook(world: World, row: ConsumerRow): Instant | undefined {
  const { failure, unsureUntil } = row.facts;
  if (failure) return failure.nextTryAt;
  return mustDrop(world, row) ? unsureUntil : undefined;
}

/** Where nothing was ended there is nothing that anybody could still let in. */
function needsProof(world: World): boolean {
  const { value } = revocationOf(world.rotation);
  return idsOf(world).length > 0 || world.issuer.authority === "acceptors" || value?.known === true;
}
