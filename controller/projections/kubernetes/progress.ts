/** How far a rotation is, when it goes on, and what keeps everything from going on: parts of a request's status. Pure. */
import { isFinished } from "../../domain/consumers.ts";
import type { Reminders } from "../../domain/reminder.ts";
import { remindedOf } from "../../domain/reminder-text.ts";
import { camelCase } from "../../domain/status.ts";
import type { HoldView } from "../../ledger/holds.ts";
import type { RotationView } from "../../ledger/views.ts";
import { bounded } from "./conditions.ts";

const MOST_STAGES = 40;
const MOST_HOLDS = 8;
const LONGEST = 1_024;

/** Times and not durations: a status that moved with the clock would be written for ever. */
export function stageRows({ rotation }: RotationView): Readonly<Record<string, unknown>> {
  const entered = (rotation.facts.entered ?? []).slice(-MOST_STAGES);
  if (entered.length === 0) return {};
  return { stages: entered.map(({ state, at }) => ({ stage: camelCase(state), enteredAt: at })) };
}

/** Only of what failed: when a controller merely looks again says nothing to a person, and changes with every look. */
export function tryFields({ rotation, consumers }: RotationView): Readonly<Record<string, unknown>> {
  if (rotation.endedAt !== undefined) return {};
  const { failure } = rotation.facts;
  const theirs = consumers.filter((row) => !isFinished(row)).flatMap((row) => row.facts.failure?.nextTryAt ?? []);
  const next = failure?.nextTryAt ?? theirs.toSorted()[0];
  return {
    ...(next === undefined ? {} : { nextTryTime: next }),
    ...(failure === undefined ? {} : { tries: failure.tries }),
  };
}

/** Only what somebody was reminded of: as it changes, an Event tells of it. */
export function reminderRows(view: RotationView): Readonly<Record<string, unknown>> {
  const told = view.rotation.endedAt === undefined ? remindedOf(view) : [];
  if (told.length === 0) return {};
  return { reminders: told.map(({ need, reminders }) => reminderRow(need.kind, need.about, reminders)) };
}

/** Of a request that has no rotation yet. */
export function waitRows(reason: string, awaited: Reminders | null | undefined): Readonly<Record<string, unknown>> {
  return awaited ? { reminders: [reminderRow("stalled", reason, awaited)] } : {};
}

function reminderRow(kind: string, about: string, told: Reminders): Readonly<Record<string, unknown>> {
  const { since, reminders, remindedAt, escalatedAt } = told;
  return {
    for: kind,
    about: bounded(about, LONGEST),
    since,
    count: reminders,
    ...(remindedAt === undefined ? {} : { lastAt: remindedAt }),
    ...(escalatedAt === undefined ? {} : { escalatedAt }),
  };
}

export function holdRows(holds: readonly HoldView[] = []): Readonly<Record<string, unknown>> {
  if (holds.length === 0) return {};
  const rows = holds.slice(0, MOST_HOLDS).map(({ reason, message, place, foundAt }) => ({
    reason,
    message: bounded(message, LONGEST),
    place: bounded(place, LONGEST),
    since: foundAt,
  }));
  return { holds: rows };
}
