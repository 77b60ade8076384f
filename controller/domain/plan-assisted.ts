/** What Velvet does while a person is asked: look, remind, escalate. Pure. */
import type { Action, Assist } from "./action.ts";
import type { Step } from "./assisted.ts";
import { earliest } from "./wait.ts";
import type { Instant, World } from "./world.ts";

export function assist(deed: Assist): Action {
  return { do: "assist", deed };
}

/** Undefined: nobody was asked yet. */
export function planAsked(world: World, step: Step, now: Instant): Action | undefined {
  const asked = world.rotation.facts.assisted?.[step];
  if (!asked) return undefined;
  const { deadline } = world.rotation;
  // A mint that nobody made ends with its deadline; a revoke that nobody made cannot, and goes on being asked for.
  if (step === "revoke" && asked.escalatedAt === undefined && deadline <= now) return assist({ act: "escalate" });
  if (asked.remindAt <= now) return assist({ act: "remind", step });
  if (canLook(world, step)) return assist({ act: "look", step });
  return { do: "wait", for: step === "mint" ? "AwaitingValue" : "ManualRevoke", until: untilOf(world, step, now) };
}

/** When something is due whatever a look says. */
export function untilOf(world: World, step: Step, now: Instant): Instant | undefined {
  const asked = world.rotation.facts.assisted?.[step];
  const { deadline } = world.rotation;
  return earliest(asked?.remindAt, deadline > now ? deadline : undefined);
}

/** A new one shows only where the vendor lists; an old one also in what the vendor says of its value. */
function canLook(world: World, step: Step): boolean {
  if (world.issuer.detects === true) return true;
  return step === "revoke" && world.issuer.authority === "vendor" && world.rotation.sealedPrevious !== undefined;
}
