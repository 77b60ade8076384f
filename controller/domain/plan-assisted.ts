/** What Velvet does while a person is asked: it looks for itself. Pure. */
import type { Action, Assist } from "./action.ts";
import type { Step } from "./assisted.ts";
import { reminderDue } from "./plan-reminder.ts";
import { earliest } from "./wait.ts";
import type { Instant, World } from "./world.ts";

export function assist(deed: Assist): Action {
  return { do: "assist", deed };
}

/** Undefined: nobody was asked yet. */
export function planAsked(world: World, step: Step, now: Instant): Action | undefined {
  const asked = world.rotation.facts.assisted?.[step];
  if (!asked) return undefined;
  if (canLook(world, step)) return assist({ act: "look", step });
  return { do: "wait", for: step === "mint" ? "AwaitingValue" : "ManualRevoke", until: untilOf(world, step, now) };
}

/** When something is due whatever a look says. */
export function untilOf(world: World, step: Step, now: Instant): Instant | undefined {
  const { deadline } = world.rotation;
  const due = reminderDue(world);
  return earliest(due, step === "mint" && deadline > now ? deadline : undefined);
}

/** A new one shows only where the vendor lists; an old one also in what the vendor says of its value. */
function canLook(world: World, step: Step): boolean {
  if (world.issuer.detects === true) return true;
  return step === "revoke" && world.issuer.authority === "vendor" && world.rotation.sealedPrevious !== undefined;
}
