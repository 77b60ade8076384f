/** While a person does at the vendor what no API does: asked once, and told what is wrong with what they did. */
import { askedNow, type Asked, type Step, type Trouble } from "../../domain/assisted.ts";
import { recovered } from "../../domain/backoff.ts";
import type { RotationFacts, World } from "../../domain/world.ts";
import { liveAttempt } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { lastLook, recordHeldBack } from "./last-look.ts";
import { guard } from "./revoke.ts";
import { retiredFrom } from "./revoke-record.ts";

/** A person cannot take back what they end: everybody is looked at before they are asked, as before Velvet itself ends something. */
export async function askRevoke(pass: Pass, world: World, id: string | undefined): Promise<void> {
  const attempt = liveAttempt(world);
  const wrong = guard(world, attempt, id);
  if (wrong || !attempt) return recordHeldBack(pass, wrong ?? { reason: "NothingMinted", message: "" });
  const insist = world.rotation.facts.insist !== undefined;
  if (!(await lastLook(pass, world, attempt, { id: undefined, insist }))) return;
  const { instructions, traits } = pass.deps.accounts.issuer(world.rotation.snapshot);
  // Where Velvet could end it and only its id is not known, nobody has written down how.
  const how = traits.revocation === "manual" ? instructions?.revoke : undefined;
  const inventory = id === undefined ? undefined : [{ id, enabled: true }];
  await pass.journal.write((live, now) => ({
    audit: { event: "RevokeAsked", vendorId: id ?? null },
    facts: withAsked(recovered(live.facts), "revoke", askedNow(now, how, inventory)),
    ...(id === undefined ? {} : { retired: [retiredFrom(world, id)] }),
    ifWakes: world.wakes,
  }));
}

/** What is to be told is written once, and not with every look. */
export async function recordTrouble(
  pass: Pass,
  step: Step,
  trouble: Omit<Trouble, "since"> | undefined,
): Promise<void> {
  const before = pass.journal.live.facts.assisted?.[step]?.trouble;
  if (before?.reason === trouble?.reason && before?.message === trouble?.message) return;
  await pass.journal.write((live, now) => {
    const { trouble: _, ...asked } = askedIn(live.facts, step);
    return {
      audit: { event: trouble ? "PersonNeeded" : "PersonUnderstood", step, reason: trouble?.reason ?? null },
      facts: withAsked(live.facts, step, trouble ? { ...asked, trouble: { ...trouble, since: now } } : asked),
    };
  });
}

function askedIn(facts: RotationFacts, step: Step): Asked {
  const asked = facts.assisted?.[step];
  if (!asked) throw new Error(`nobody was asked to ${step}`);
  return asked;
}

export function withAsked(facts: RotationFacts, step: Step, asked: Asked): RotationFacts {
  return { ...facts, assisted: { ...facts.assisted, [step]: asked } };
}
