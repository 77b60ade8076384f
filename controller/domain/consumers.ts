/** The single next step for one consumer, and what all consumers together mean. Pure. */
import { isSecondWriteDue } from "./late.ts";
import type { ConsumerRow, Instant, State, World } from "./world.ts";
import { specOf } from "./world.ts";

export type ConsumerStep = "write" | "settle" | "check";

/** Custody has no entry in `spec.consumers`: it is consumer zero. */
export const CUSTODY = "";

const FINISHED = new Set(["working", "skipped", "inactive"]);

/** What to do next for this consumer now; undefined when it is finished, waits for its next try, or for a person. */
export function consumerStep(consumer: ConsumerRow, checkedByPerson: boolean, now: Instant): ConsumerStep | undefined {
  if (consumer.state === "working" && isSecondWriteDue(consumer, now)) return "write";
  if (FINISHED.has(consumer.state) || consumer.state === "restored") return undefined;
  const next = consumer.facts.failure?.nextTryAt;
  return next !== undefined && next > now ? undefined : dueStep(consumer, checkedByPerson);
}

function dueStep(consumer: ConsumerRow, checkedByPerson: boolean): ConsumerStep | undefined {
  if (consumer.state === "settled") return checkedByPerson ? undefined : "check";
  if (consumer.state === "written") return "settle";
  if (consumer.state === "failed") return retryStep(consumer, checkedByPerson);
  return "write";
}

function retryStep(consumer: ConsumerRow, checkedByPerson: boolean): ConsumerStep | undefined {
  const step = consumer.facts.failedAt;
  if (step === "check") return checkedByPerson ? undefined : "check";
  // A settle that failed means that the write never took effect: write again.
  return "write";
}

/** True when only a person can say that this consumer works. */
export function checkedByPerson(world: Pick<World, "rotation">, id: string): boolean {
  if (id === CUSTODY) return false;
  const check = specOf(world, id).check;
  return check === undefined || check.type === "manual";
}

export function awaitsPerson(world: Pick<World, "rotation">, consumer: ConsumerRow): boolean {
  return consumer.state === "settled" && checkedByPerson(world, consumer.id);
}

export function isFinished(consumer: ConsumerRow): boolean {
  return FINISHED.has(consumer.state);
}

/**
 * The order of distribution: who takes the value beside the old one (acceptors) before who sends it (callers), then by wave.
 * Each group is written in parallel, and the next begins when it works or has no more failures than its budget.
 */
export function waves(world: World): readonly (readonly ConsumerRow[])[] {
  const groups = new Map<string, ConsumerRow[]>();
  for (const consumer of world.consumers) {
    const spec = specOf(world, consumer.id);
    const first = spec.role === "acceptor" || spec.role === "both" ? "0" : "1";
    const key = `${first}/${String(spec.wave ?? 0).padStart(6, "0")}`;
    groups.set(key, [...(groups.get(key) ?? []), consumer]);
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

/** True when this group lets the next one begin. */
export function letsNextBegin(group: readonly ConsumerRow[], failureBudget: number): boolean {
  const open = group.filter((consumer) => !isFinished(consumer));
  return open.every((consumer) => consumer.state === "failed") && open.length <= failureBudget;
}

/** The rotation's state while consumers are being written and checked. */
export function consumersState(consumers: readonly ConsumerRow[], begun: State): State {
  const required = consumers.filter((consumer) => consumer.state !== "inactive" && consumer.state !== "skipped");
  const unwritten = required.filter((consumer) => !isWritten(consumer));
  if (unwritten.length > 0) return failedState(unwritten, required, "distribut", begun);
  const unproven = required.filter((consumer) => consumer.state !== "working");
  if (unproven.length > 0) return failedState(unproven, required, "validat", "validating");
  return "validated";
}

function isWritten(consumer: ConsumerRow): boolean {
  if (consumer.state === "failed") return consumer.facts.failedAt === "check";
  return consumer.state === "settled" || consumer.state === "working";
}

function failedState(
  open: readonly ConsumerRow[],
  required: readonly ConsumerRow[],
  stem: "distribut" | "validat",
  begun: State,
): State {
  const failing = open.filter((consumer) => consumer.state === "failed");
  if (failing.length === 0) return stem === "distribut" && begun !== "minted" ? "distributing" : begun;
  const suffix = failing.length === required.length ? "failed" : "partial";
  return `${stem}e_${suffix}`;
}

/** The earliest time at which one of these can be tried again. */
export function earliestTry(consumers: readonly ConsumerRow[]): Instant | undefined {
  const times = consumers.flatMap((consumer) => consumer.facts.failure?.nextTryAt ?? []).sort();
  return times[0];
}
