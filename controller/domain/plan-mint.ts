/** From a verified credential to a new one that the vendor accepts. Pure. */
import type { IssuerTraits } from "../../adapters/contract.ts";
import type { Action } from "./action.ts";
import { hasNoWayBack } from "./abort.ts";
import { assist, planAsked } from "./plan-assisted.ts";
import { planGate } from "./plan-gate.ts";
import { earliest, waitForRetry } from "./wait.ts";
import type { Instant, World } from "./world.ts";
import { liveAttempt } from "./world.ts";

/** More than this many definite refusals in a row end the rotation. */
export const MOST_MINT_TRIES = 5;
export function planMint(world: World, now: Instant): Action | undefined {
  const attempt = liveAttempt(world);
  if (!attempt) return planFirstMint(world, now);
  if (attempt.state === "open") return waitForRetry(world, now) ?? { do: "resolve", attempt };
  if (attempt.aliveAt === undefined) return waitForRetry(world, now) ?? { do: "verify-new", attempt };
  return undefined;
}

function planFirstMint(world: World, now: Instant): Action {
  const { deadline, facts } = world.rotation;
  // Past its deadline nothing new is begun; what was begun goes on.
  if (deadline <= now && !facts.revoked && !hasNoWayBack(world)) return { do: "finish-abort", keepNew: false };
  const gate = planGate(world, "Mint") ?? planEndOld(world, now);
  if (gate) return gate.do === "wait" ? { ...gate, until: earliest(gate.until, deadline) } : gate;
  if (world.issuer.mintClass !== "manual") {
    return waitForRetry(world, now) ?? { do: "mint", number: world.attempts.length + 1 };
  }
  return planByHand(world, now);
}

/** A person is asked once, and then waited for. */
function planByHand(world: World, now: Instant): Action {
  const { facts, deadline } = world.rotation;
  if (facts.awaitsValueSince === undefined) return waitForRetry(world, now) ?? assist({ act: "ask-value" });
  return planAsked(world, "mint", now) ?? { do: "wait", for: "AwaitingValue", until: deadline };
}

/** `Replace` ends the old one first, where minting does not do that by itself. */
function planEndOld(world: World, now: Instant): Action | undefined {
  // Where the mint itself ends the old one, approving the mint alone is not enough.
  if (endsOldAtMint(world.issuer) && world.rotation.expect !== "Absent") return planGate(world, "Revoke");
  const id = endsFirst(world);
  if (id === undefined) return undefined;
  return planGate(world, "Revoke") ?? waitForRetry(world, now) ?? { do: "end-old", id };
}

/** The old credential is gone as soon as there is a new one. */
export function endsOldAtMint({ mintClass, mintEndsOld }: IssuerTraits): boolean {
  return mintClass === "roll-in-place" || mintEndsOld === true;
}

/** The id of the old credential, where it has to end before there is a new one. */
export function endsFirst(world: World): string | undefined {
  const { facts, snapshot } = world.rotation;
  const { mintClass, authority, revocation } = world.issuer;
  if (snapshot.credential.spec.rotation?.strategy !== "Replace" || facts.revoked || facts.abort) return undefined;
  if (mintClass === "roll-in-place" || authority === "acceptors" || revocation === "manual") return undefined;
  return facts.verify?.previousId;
}
