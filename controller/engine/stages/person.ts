/** A person has not answered: they are reminded, somebody else is told, and both end with the answer. The count stands in the ledger. */
import type { PersonDeed } from "../../domain/action.ts";
import type { Asked, Step } from "../../domain/assisted.ts";
import { where } from "../../domain/assisted.ts";
import { isStep, type Need, remindersOf, rhythmFor } from "../../domain/need.ts";
import { type Reminders, reminded } from "../../domain/reminder.ts";
import type { Failure, Instant, RotationFacts, World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { withAsked } from "./assisted.ts";

export async function tellPerson(pass: Pass, world: World, deed: PersonDeed): Promise<void> {
  if (deed.act === "answered") return answered(pass, deed.kinds);
  const { kind } = deed.need;
  const alarm = await (deed.act === "remind" ? remind(pass, world, deed.need) : escalate(pass, world, deed.need));
  pass.deps.meter?.personReminded(kind, alarm);
}

/** True where it was told aloud: whoever was told once is told again until it is answered. */
async function remind(pass: Pass, world: World, need: Need): Promise<boolean> {
  const { escalatedAt } = remindersOf(world, need);
  await pass.journal.write((live, now) => {
    const next = reminded(remindersOf(within(world, live.facts), need), rhythmFor(world, need), now);
    return {
      audit: { event: "PersonReminded", ...namesOf(need), since: next.since, reminders: next.reminders },
      facts: withReminders(live.facts, need, next),
      ...(escalatedAt === undefined ? {} : { alarm: true }),
    };
  });
  return escalatedAt !== undefined;
}

async function escalate(pass: Pass, world: World, need: Need): Promise<boolean> {
  await pass.journal.write((live, now) => {
    const before = remindersOf(within(world, live.facts), need);
    const facts = withReminders(live.facts, need, { ...before, escalatedAt: now });
    return {
      audit: { event: "PersonOverdue", ...namesOf(need), since: before.since, reminders: before.reminders },
      facts: need.kind === "revoke" ? { ...facts, failure: overdue(facts.assisted?.revoke, now) } : facts,
      alarm: true,
    };
  });
  return true;
}

async function answered(pass: Pass, kinds: readonly Exclude<Need["kind"], Step>[]): Promise<void> {
  await pass.journal.write((live) => {
    const { awaited, ...facts } = live.facts;
    const left = Object.entries(awaited ?? {}).filter(([kind]) => !kinds.some((each) => each === kind));
    return {
      audit: { event: "PersonAnswered", kinds },
      facts: left.length === 0 ? facts : { ...facts, awaited: Object.fromEntries(left) },
    };
  });
}

function within({ rotation }: World, facts: RotationFacts): Pick<World, "rotation"> {
  return { rotation: { ...rotation, facts } };
}

function withReminders(facts: RotationFacts, need: Need, next: Reminders): RotationFacts {
  const { kind, key } = need;
  if (!isStep(kind)) return { ...facts, awaited: { ...facts.awaited, [kind]: { ...next, key } } };
  const asked = facts.assisted?.[kind];
  if (!asked) throw new Error(`nobody was asked to ${kind}`);
  return withAsked(facts, kind, { ...asked, ...next });
}

function namesOf({ kind, about }: Need): { readonly kind: string; readonly about: string } {
  return { kind, about };
}

/** The old one should have been ended by now: it is said aloud, and still waited for. */
function overdue(asked: Asked | undefined, now: Instant): Failure {
  return {
    reason: "RevokeOverdue",
    message: `The old credential should have been ended by hand, which was asked for ${asked?.since}, and it still lives.`,
    remedy: `End it at the vendor; then say so with MarkRevoked and a ticket where Velvet does not see it.${where(asked?.instructions?.link)}`,
    tries: 1,
    since: now,
    stalled: true,
  };
}
