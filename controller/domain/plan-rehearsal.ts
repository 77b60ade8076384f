/**
 * The flow Testing: the way of an Operational rotation up to the last proof, in places of its own, and from there, or from wherever it is
 * stopped, one way back. Pure; the first matching line wins.
 */
import type { Action, RehearsalStep, Wait } from "./action.ts";
import { checkedByPerson } from "./consumers.ts";
import { planDistribute } from "./plan-distribute.ts";
import { planGate } from "./plan-gate.ts";
import { planMint } from "./plan-mint.ts";
import { isStuck, planPutBack } from "./plan-put-back.ts";
import { planVerify } from "./plan-verify.ts";
import { earliest, waitForRetry } from "./wait.ts";
import type { Instant, World } from "./world.ts";
import { everybody, liveAttempt } from "./world.ts";

/** After so many tries the end of the throwaway is handed to who tends retired ids, which never gives up. */
export const MOST_REMOVAL_TRIES = 8;

export function planRehearsal(world: World, now: Instant): Action {
  if (isOver(world, now)) return planRemoval(world, now);
  const action =
    planVerify(world, now) ??
    planGate(world, "Mint") ??
    planSlots(world, now) ??
    planMint(world, now) ??
    planDistribute(withoutWaiting(world), now) ??
    step("begin-removal");
  // Whatever it waits for: at its deadline everything is taken back.
  return action.do === "wait" ? { ...action, until: earliest(action.until, world.rotation.deadline) } : action;
}

function step(wanted: RehearsalStep): Action {
  return { do: "rehearse", step: wanted };
}

function isOver(world: World, now: Instant): boolean {
  const { facts, deadline } = world.rotation;
  return facts.abort !== undefined || facts.rehearsal?.removal !== undefined || deadline <= now || isHopeless(world);
}

/** Before anything was minted nothing is lost by ending: a rotation in earnest is not kept waiting. */
export function isHopeless({ rotation, attempts }: Pick<World, "rotation" | "attempts">): boolean {
  return attempts.length === 0 && rotation.facts.failure?.stalled === true;
}

/** What stands in the test slots is looked at before anything is made, so that it can be put back. */
function planSlots({ rotation }: World, now: Instant): Action | undefined {
  if (rotation.facts.rehearsal?.slots) return undefined;
  return waitForRetry({ rotation }, now) ?? step("save-slots");
}

/** Nobody is asked whether a test slot works: where nothing can tell, that is what the report says. */
function withoutWaiting(world: World): World {
  const consumers = world.consumers.map((row) =>
    row.state === "settled" && checkedByPerson(world, row.id) ? { ...row, state: "working" as const } : row,
  );
  return { ...world, consumers };
}

/** Slots first, then the throwaway at the vendor, then the proof that nothing of it is left. */
function planRemoval(world: World, now: Instant): Action {
  const attempt = liveAttempt(world);
  // What may be alive is found out first.
  if (attempt?.state === "open") return waitForRetry(world, now) ?? { do: "resolve", attempt };
  if (!world.rotation.facts.rehearsal?.removal) return step("begin-removal");
  const back = planPutBack(world, now);
  return back && back.do !== "wait" ? back : planThrowaway(world, now, back);
}

/** `back`: slots that wait to be tried again. */
function planThrowaway(world: World, now: Instant, back: Wait | undefined): Action {
  if (hasGivenUp(world)) return back ?? step("finish");
  if (liveAttempt(world))
    return back && !isStuck(world) ? back : (sooner(waitForRetry(world, now), back) ?? step("end-throwaway"));
  if (back) return back;
  return isProven(world) ? step("finish") : (waitForRetry(world, now) ?? step("prove-gone"));
}

function sooner(wait: Wait | undefined, other: Wait | undefined): Wait | undefined {
  return wait && { ...wait, until: earliest(wait.until, other?.until) };
}

function isProven(world: World): boolean {
  const { ended, gone } = world.rotation.facts.rehearsal ?? {};
  return gone !== undefined || (ended === undefined && !everybody(world).some((row) => row.touched));
}

export function hasGivenUp({ rotation }: Pick<World, "rotation">): boolean {
  return (rotation.facts.failure?.tries ?? 0) >= MOST_REMOVAL_TRIES;
}

/** True when everything was rehearsed, and everything was taken back and found gone. */
export function isRehearsed(world: World): boolean {
  const { removal, gone } = world.rotation.facts.rehearsal ?? {};
  const isBack = everybody(world).every((row) => !row.touched || row.state === "restored");
  return removal?.complete === true && gone !== undefined && isBack && liveAttempt(world) === undefined;
}
