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
import type { ConsumerRow, Instant, World } from "./world.ts";

export function planDistribute(world: World, now: Instant): Action | undefined {
  // Nobody holds it, nobody can prove anything: an empty set is never a success.
  if (world.consumers.length === 0) return { do: "wait", for: "NoConsumers" };
  return planCustody(world, now) ?? planWaves(world, now);
}

function planCustody(world: World, now: Instant): Action | undefined {
  const custody = world.custody;
  if (!custody) return undefined;
  if (consumerStep(custody, false, now)) return { do: "distribute", ids: [CUSTODY] };
  return isFinished(custody) ? undefined : { do: "wait", for: "Custody", until: earliestTry([custody]) };
}

function planWaves(world: World, now: Instant): Action | undefined {
  const budget = world.rotation.snapshot.credential.spec.rotation?.failureBudget ?? 0;
  const reached: ConsumerRow[] = [];
  for (const group of waves(world)) {
    reached.push(...group);
    const due = group.filter((consumer) => consumerStep(consumer, checkedByPerson(world, consumer.id), now));
    if (due.length > 0) return { do: "distribute", ids: due.map((consumer) => consumer.id) };
    // What comes later is not due before this group lets it begin, whatever it says.
    if (!letsNextBegin(group, budget)) return waitForConsumers(world, reached);
  }
  return waitForConsumers(world, reached);
}

function waitForConsumers(world: World, reached: readonly ConsumerRow[]): Action | undefined {
  const open = reached.filter((consumer) => !isFinished(consumer));
  if (open.length === 0) return undefined;
  const reason = open.some((consumer) => awaitsPerson(world, consumer)) ? "AwaitingConfirmation" : "ConsumersNotReady";
  return { do: "wait", for: reason, until: earliestTry(open) };
}
