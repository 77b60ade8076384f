/** That a person was reminded stands behind what they are waited for. Pure. */
import { isStep, type Need, needsOf, remindersOf, type Needy } from "./need.ts";
import { type Reminders, remindersText, wasReminded } from "./reminder.ts";
import type { Condition } from "./status.ts";

export interface Reminded {
  readonly need: Need;
  readonly reminders: Reminders;
}

/** What somebody was reminded of at least once, and what was told aloud. */
export function remindedOf(view: Needy): Reminded[] {
  return needsOf(view)
    .map((need) => ({ need, reminders: remindersOf(view, need) }))
    .filter(({ reminders }) => wasReminded(reminders));
}

/** What is asked of a person at the vendor says so itself. */
export function withReminders(view: Needy, conditions: readonly Condition[]): Condition[] {
  const told = remindedOf(view).filter(({ need }) => !isStep(need.kind));
  return told.reduce<Condition[]>(
    (shown, { need, reminders }) => {
      const types = placesOf(need, shown);
      const text = remindersText(reminders);
      return shown.map((one) => (types.includes(one.type) ? { ...one, message: behind(one.message, text) } : one));
    },
    [...conditions],
  );
}

/** As the conditions of a rotation have it, for those of `types`. */
export function withWait(
  conditions: readonly Condition[],
  types: readonly string[],
  awaited: Reminders | null | undefined,
): Condition[] {
  const text = awaited ? remindersText(awaited) : "";
  return conditions.map((one) =>
    text !== "" && types.includes(one.type) ? { ...one, message: behind(one.message, text) } : one,
  );
}

function behind(message: string, text: string): string {
  if (message === "") return text;
  return /[.!?]$/.test(message) ? `${message} ${text}` : `${message}. ${text}`;
}

function placesOf({ kind, gate, about }: Need, shown: readonly Condition[]): readonly string[] {
  if (kind === "gate") return ["Ready", `${gate}Approved`];
  if (kind === "confirmation") return ["Validated"];
  const isStalled = shown.some(({ type }) => type === "Stalled");
  return isStalled && about !== "AwaitingManualRevoke" ? ["Stalled"] : ["Ready"];
}
