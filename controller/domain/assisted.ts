/** What a person is asked to do at the vendor's own pages, and how often Velvet looks for itself. Pure. */
import type { Instructions, IssuerTraits } from "../../adapters/contract.ts";
import { later } from "./duration.ts";
import { beginning, type Reminders, remindersText, type Rhythm } from "./reminder.ts";
import type { Instant, Inventory } from "./world.ts";

export type Step = "mint" | "revoke";

/** Why what a person did is not enough, or could not be seen. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
  readonly remedy?: string;
  readonly since: Instant;
  /** True where consumers are in danger, or only a person can tell what is meant. */
  readonly stalled: boolean;
}

/** One thing that a person was asked for. Each of the two steps on its own. */
export interface Asked extends Reminders {
  readonly instructions?: Instructions;
  /** What the vendor had then, where it lists it. */
  readonly inventory?: Inventory;
  readonly trouble?: Trouble;
}

export interface AssistedFacts {
  readonly mint?: Asked;
  readonly revoke?: Asked;
  /** Where a person ends what another one made, as the adapter said when it was asked for. */
  readonly endLink?: string;
}

/** The id of what was handed in, as long as the vendor's own is not known. */
export function handedInId(attempt: string): string {
  return `by-hand@${attempt}`;
}

const DEFAULT_EXPECTED_MS = 3_600_000;
const SHORTEST_REMINDER_MS = 300_000;
const LONGEST_REMINDER_MS = 86_400_000;
const LONGEST_LOOK_MS = 600_000;

/** The bounds hold whatever an adapter says: what is told is kept in the ledger and shown in a status. */
export function askedNow(now: Instant, instructions: Instructions | undefined, inventory?: Inventory): Asked {
  return {
    ...beginning(now, rhythmOf(instructions)),
    ...(instructions ? { instructions: bounded(instructions) } : {}),
    ...(inventory ? { inventory } : {}),
  };
}

function bounded({ text, link, expectedMs }: Instructions): Instructions {
  return { text: text.slice(0, 2_000), ...(link === undefined ? {} : { link: link.slice(0, 500) }), expectedMs };
}

/** Twice as long each time, from the time that it usually takes to a day. */
export function rhythmOf(instructions: Instructions | undefined): Rhythm {
  const firstMs = Math.max(SHORTEST_REMINDER_MS, instructions?.expectedMs ?? DEFAULT_EXPECTED_MS);
  return { firstMs, secondMs: 2 * firstMs, longestMs: LONGEST_REMINDER_MS };
}

/** The next look, at the rhythm in which the vendor's changes come into effect, then slower with the time that it takes already. */
export function nextLook({ propagation }: IssuerTraits, since: Instant, now: Instant): Instant {
  const waited = Math.max(0, Date.parse(now) - Date.parse(since));
  return later(now, Math.max(1_000, propagation.everyMs, Math.min(LONGEST_LOOK_MS, waited / 8)));
}

/** One sentence after the other, for a status. */
export function askedText(asked: Asked, what: string): string {
  const { instructions } = asked;
  const parts = [what, instructions?.text.trim().replace(/\s+/g, " "), instructions?.link, remindersText(asked)];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

/** Where a person does it, as the end of a remedy. */
export function where(link: string | undefined): string {
  return link === undefined ? "" : ` There: ${link}`;
}
