/** The single next step for one rotation. Pure; the first matching line wins. */
import { planAbort } from "./abort.ts";
import type { Action } from "./action.ts";
import { graceDue, planGrace } from "./grace.ts";
import { planDistribute } from "./plan-distribute.ts";
import { planMint } from "./plan-mint.ts";
import { planRevocation } from "./plan-revocation.ts";
import { planRehearsal } from "./plan-rehearsal.ts";
import { planRevoke } from "./plan-revoke.ts";
import { planVerify } from "./plan-verify.ts";
import { firstRuling } from "./rule.ts";
import { earliest } from "./wait.ts";
import type { Instant, World } from "./world.ts";

export function plan(world: World, now: Instant): Action {
  const ruling = firstRuling(world, now);
  if (ruling) return { do: "judge", ...ruling };
  const action = planGrace(world, now) ?? planStage(world, now);
  return action.do === "wait" ? { ...action, until: earliest(action.until, graceDue(world, now)) } : action;
}

function planStage(world: World, now: Instant): Action {
  if (world.rotation.flow === "Revocation") return planRevocation(world, now);
  if (world.rotation.flow === "Testing") return planRehearsal(world, now);
  if (world.rotation.facts.abort) return planAbort(world, now);
  return planVerify(world, now) ?? planMint(world, now) ?? planDistribute(world, now) ?? planRevoke(world, now);
}
