/** While a person is waited for: remind them, tell somebody else, and forget both once it is answered. Pure. */
import type { Action } from "./action.ts";
import { escalatesAt, type Need, needsOf, remindersOf } from "./need.ts";
import { earliest } from "./wait.ts";
import type { Instant, World } from "./world.ts";

/** What was answered is not counted on: the same question asked again later begins anew. */
export function planAnswered(world: World): Action | undefined {
  const { awaited } = world.rotation.facts;
  if (!awaited) return undefined;
  const needs = needsOf(world);
  const kinds = (["gate", "confirmation", "stalled"] as const).filter((kind) => {
    const known = awaited[kind];
    return known !== undefined && !needs.some((need) => need.kind === kind && need.key === known.key);
  });
  return kinds.length > 0 ? { do: "person", deed: { act: "answered", kinds } } : undefined;
}

/** Undefined: nobody is to be told anything now. */
export function planReminder(world: World, now: Instant): Action | undefined {
  const needs = needsOf(world);
  const late = needs.find((need) => isLate(world, need, now));
  if (late) return { do: "person", deed: { act: "escalate", need: late } };
  const due = needs.find((need) => remindersOf(world, need).remindAt <= now);
  return due && { do: "person", deed: { act: "remind", need: due } };
}

function isLate(world: World, need: Need, now: Instant): boolean {
  return remindersOf(world, need).escalatedAt === undefined && escalatesAt(world, need) <= now;
}

/** When the next of it is due. Undefined: nobody is waited for. */
export function reminderDue(world: World): Instant | undefined {
  return earliest(
    ...needsOf(world).flatMap((need) => {
      const { remindAt, escalatedAt } = remindersOf(world, need);
      return escalatedAt === undefined ? [remindAt, escalatesAt(world, need)] : [remindAt];
    }),
  );
}
