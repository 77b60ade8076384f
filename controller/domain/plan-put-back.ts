/** Rehearsal: every test slot is put back as it was. Nobody depends on them, so all at once. Pure. */
import { isRestoreDue, MOST_ABORT_TRIES, restoreAt } from "./abort.ts";
import type { Action, Wait } from "./action.ts";
import { earliest } from "./wait.ts";
import type { ConsumerRow, Instant, World } from "./world.ts";
import { everybody } from "./world.ts";

/** A slot in which nothing stood before is let go after so many tries: what is in it is of no use to anybody by then. */
const MOST_TRIES = 8;

export function planPutBack(world: World, now: Instant): Exclude<Action, Wait> | Wait | undefined {
  const open = everybody(world).filter((row) => row.touched && !isBack(world, row));
  if (open.length === 0) return undefined;
  const due = open.filter((row) => isRestoreDue(row, now));
  if (due.length > 0) return { do: "restore", ids: due.map(({ id }) => id) };
  return { do: "wait", for: "TestSlots", until: earliest(...open.map(restoreAt)) };
}

function isBack(world: World, row: ConsumerRow): boolean {
  return (row.state === "restored" && row.facts.unsureUntil === undefined) || isLetGo(world, row);
}

/** What stood there before is never given up by Velvet itself: it has the only copy. A person can, who puts it in order by hand. */
export function isLetGo({ rotation }: World, { id, facts }: ConsumerRow): boolean {
  const { removal, slots } = rotation.facts.rehearsal ?? {};
  if (removal && facts.skipped) return facts.skipped.at >= removal.at;
  const isEmpty = !slots?.held[id]?.length;
  return isEmpty && facts.failedAt === "restore" && (facts.failure?.tries ?? 0) >= MOST_TRIES;
}

/** The throwaway does not live on because of a slot that cannot be reached. */
export function isStuck(world: World): boolean {
  const open = everybody(world).filter((row) => row.touched && !isBack(world, row));
  return open.every(({ facts }) => (facts.failure?.tries ?? 0) >= MOST_ABORT_TRIES);
}
