/** Custody first, then wave after wave. Pure. */
import type { Action } from "./action.ts";
import {
  awaitsPerson,
  checkedByPerson,
  consumerStep,
  CUSTODY,
  earliestTry,
  isFinished,
  letsNextBegin,
  waves,
} from "./consumers.ts";
import type { Instant, World } from "./world.ts";

export function planDistribute(world: World, now: Instant): Action | undefined {
  // Nobody holds it, nobody can prove anything: an empty set is never a success.
  if (world.consumers.length === 0) return { do: "wait", for: "NoConsumers" };
  return planCustody(world, now) ?? planWaves(world, now) ?? waitForConsumers(world);
}

function planCustody(world: World, now: Instant): Action | undefined {
  const custody = world.custody;
  if (!custody) return undefined;
  if (consumerStep(custody, false, now)) return { do: "distribute", ids: [CUSTODY] };
  return isFinished(custody) ? undefined : { do: "wait", for: "Custody", until: earliestTry([custody]) };
}

function planWaves(world: World, now: Instant): Action | undefined {
  const budget = world.rotation.snapshot.credential.spec.rotation?.failureBudget ?? 0;
  for (const group of waves(world)) {
    const due = group.filter((consumer) => consumerStep(consumer, checkedByPerson(world, consumer.id), now));
    if (due.length > 0) return { do: "distribute", ids: due.map((consumer) => consumer.id) };
    if (!letsNextBegin(group, budget)) return waitForConsumers(world);
  }
  return undefined;
}

function waitForConsumers(world: World): Action | undefined {
  const open = world.consumers.filter((consumer) => !isFinished(consumer));
  if (open.length === 0) return undefined;
  const reason = open.some((consumer) => awaitsPerson(world, consumer)) ? "AwaitingConfirmation" : "ConsumersNotReady";
  return { do: "wait", for: reason, until: earliestTry(open) };
}
