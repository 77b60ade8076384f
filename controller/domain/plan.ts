/** The single next step for one rotation. Pure; the first matching line wins. */
import { planAbort } from "./abort.ts";
import type { Action } from "./action.ts";
import { graceDue, planGrace } from "./grace.ts";
import { planDistribute } from "./plan-distribute.ts";
import { planMint } from "./plan-mint.ts";
import { planAnswered, planReminder, reminderDue } from "./plan-reminder.ts";
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
  const action = planAnswered(world) ?? planGrace(world, now) ?? planStage(world, now);
  if (!isIdle(action)) return action;
  const reminder = planReminder(world, now);
  if (reminder || action.do !== "wait") return reminder ?? action;
  return { ...action, until: earliest(action.until, graceDue(world, now), reminderDue(world)) };
}

/** Nothing that anybody waits for comes later because a person is told of it first. */
function isIdle(action: Action): boolean {
  return action.do === "wait" || (action.do === "assist" && action.deed.act === "look");
}

function planStage(world: World, now: Instant): Action {
  if (world.rotation.flow === "Revocation") return planRevocation(world, now);
  if (world.rotation.flow === "Testing") return planRehearsal(world, now);
  if (world.rotation.facts.abort) return planAbort(world, now);
  return planVerify(world, now) ?? planMint(world, now) ?? planDistribute(world, now) ?? planRevoke(world, now);
}
