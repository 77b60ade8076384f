/** Decisions about consumers: try again, a person's word for a receipt, leave out. Pure. */
import { consumersState, CUSTODY } from "./consumers.ts";
import type { Ruling, Refused } from "./ruling.ts";
import { refuse, who } from "./ruling.ts";
import type { ConsumerRow, DecisionRow, Instant, Receipt, State, World } from "./world.ts";
import { everybody, liveAttempt } from "./world.ts";

/** Without what held it back. */
export function dueNow(row: ConsumerRow): ConsumerRow {
  const { failure: _, ...facts } = row.facts;
  return { ...row, facts };
}

export function retryConsumers(world: World, decision: DecisionRow): Ruling {
  const wanted = decision.spec.consumer;
  const failing = everybody(world).filter((row) => row.facts.failure && (wanted === undefined || row.id === wanted));
  if (failing.length === 0 && !world.rotation.facts.failure) {
    return refuse("NothingToRetry", wanted ? `Consumer ${wanted} has not failed.` : "Nothing has failed.");
  }
  const { failure: _, ...facts } = world.rotation.facts;
  const names = failing.map((row) => (row.id === CUSTODY ? "custody" : row.id));
  return {
    verdict: "accepted",
    message: names.length > 0 ? `Trying again now: ${names.join(", ")}.` : "Trying again now.",
    facts,
    consumers: failing.map(dueNow),
  };
}

function openConsumer(world: World, decision: DecisionRow): ConsumerRow | Refused {
  const row = world.consumers.find((consumer) => consumer.id === decision.spec.consumer);
  if (!row) {
    const known = world.consumers.map((consumer) => consumer.id).join(", ");
    return refuse("ConsumerUnknown", `This rotation has no consumer ${decision.spec.consumer}. It has: ${known}.`);
  }
  if (world.rotation.facts.abort) return refuse("Aborting", "This rotation is being aborted.");
  if (row.state === "working") return refuse("ConsumerAlreadyWorks", `Consumer ${row.id} already has its receipt.`);
  if (row.state === "skipped") return refuse("ConsumerAlreadySkipped", `Consumer ${row.id} is already skipped.`);
  return row;
}

export function confirmConsumer(world: World, decision: DecisionRow, now: Instant): Ruling {
  const row = openConsumer(world, decision);
  if ("verdict" in row) return row;
  const attempt = liveAttempt(world);
  if (attempt?.aliveAt === undefined) return refuse("NothingToConfirm", "There is no new credential yet.");
  const by = who(decision, now);
  const receipt: Receipt = {
    at: now,
    by: "person",
    proves: "credential",
    attempt: attempt.id,
    message: `${by.name} confirmed: ${decision.spec.reason}`,
    who: by,
  };
  const { failure: _, failedAt: __, ...facts } = row.facts;
  const changed: ConsumerRow = { ...row, state: "working", touched: true, facts: { ...facts, receipt } };
  return {
    verdict: "accepted",
    message: `${by.name} confirmed that ${row.id} works with the new credential.`,
    consumers: [changed],
    facts: { ...world.rotation.facts, lastReceiptAt: now },
    ...stateWith(world, changed),
  };
}

export function skipConsumer(world: World, decision: DecisionRow, now: Instant): Ruling {
  const row = openConsumer(world, decision);
  if ("verdict" in row) return row;
  if (!decision.spec.ticket) return refuse("TicketMissing", "Skipping a consumer needs a ticket.");
  const by = who(decision, now);
  const changed: ConsumerRow = { ...row, state: "skipped", facts: { ...row.facts, skipped: by } };
  return {
    verdict: "accepted",
    message: `${by.name} skipped ${row.id} (${by.ticket}): it may still hold the old credential.`,
    consumers: [changed],
    ...stateWith(world, changed),
  };
}

function stateWith(world: World, changed: ConsumerRow): { state?: State } {
  const attempt = liveAttempt(world);
  if (attempt?.aliveAt === undefined) return {};
  const rows = world.consumers.map((row) => (row.id === changed.id ? changed : row));
  return { state: consumersState(rows, world.rotation.state) };
}
