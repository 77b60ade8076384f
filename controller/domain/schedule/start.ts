/** When what is due begins: spread, and inside of its window, unless the vendor would end the credential before that. Pure. */
import { createHash } from "node:crypto";
import { later } from "../duration.ts";
import type { Instant } from "../world.ts";
import type { Schedule, ScheduleFacts } from "./schedule.ts";
import type { Opening, Openings } from "./window.ts";

export interface Wanted {
  /** Due, or to be tried again. */
  readonly base: Instant;
  readonly jitterMs: number;
  readonly now?: Instant | undefined;
  readonly openings: Openings;
}

type Start = Pick<Schedule, "startsAt" | "opensTooLate">;

/** What begins now has an end before the vendor's date: a backlog and the rotation after it have room in that. */
const ROOM_MS = 2 * 3_600_000;

/** By the credential's own share of the jitter; what falls outside of the window, or was not begun in it, is spread over the next opening. */
export function startOf(facts: ScheduleFacts, wanted: Wanted): Start {
  const { uid, rotation } = facts;
  const at = later(wanted.base, Math.floor(shareOf(uid, wanted.base) * wanted.jitterMs));
  if (rotation?.window === undefined) return { startsAt: at };
  const { now, openings } = wanted;
  const zone = rotation.timeZone ?? "UTC";
  const planned = inWindow(facts, wanted, { at, opening: openings.at(rotation.window, zone, at) });
  if (now === undefined || planned.startsAt > now || planned.opensTooLate !== undefined) return planned;
  const opening = openings.at(rotation.window, zone, now);
  return opening.from <= planned.startsAt ? planned : caughtUp(facts, wanted, { planned, opening, now });
}

function inWindow(
  facts: ScheduleFacts,
  { base, jitterMs }: Wanted,
  { at, opening }: { readonly at: Instant; readonly opening: Opening },
): Start {
  if (opening.from <= at) return { startsAt: at };
  const startsAt = spreadOver(opening, shareOf(facts.uid, base), jitterMs);
  return isTooLate(startsAt, facts.expiresAt) ? { startsAt: at, opensTooLate: opening.from } : { startsAt };
}

/** The window in which it should have begun has closed, and nobody was there. Its place in each opening is always the same. */
function caughtUp(
  { uid, expiresAt }: ScheduleFacts,
  { jitterMs }: Wanted,
  { planned, opening, now }: { readonly planned: Start; readonly opening: Opening; readonly now: Instant },
): Start {
  const startsAt = spreadOver(opening, shareOf(uid, opening.from), jitterMs);
  if (!isTooLate(startsAt, expiresAt)) return { startsAt };
  return opening.from <= now ? planned : { ...planned, opensTooLate: opening.from };
}

/** A window is no reason to let the credential die, nor to leave its consumers without one. */
export function isTooLate(at: Instant, expiresAt: Instant | undefined): boolean {
  return expiresAt !== undefined && Date.parse(at) + ROOM_MS >= Date.parse(expiresAt);
}

/** Not at the opening itself, where everybody would come together; and never after nine tenths of it. */
function spreadOver({ from, to }: Opening, share: number, jitterMs: number): Instant {
  const openMs = Date.parse(to) - Date.parse(from);
  const overMs = Math.min(openMs * 0.9, Math.max(jitterMs, openMs / 2));
  return later(from, Math.floor(share * overMs));
}

/** Uniform in [0, 1), always the same for one credential and one date. */
function shareOf(uid: string, at: Instant): number {
  const digest = createHash("sha256").update(uid).update("\0").update(at).digest();
  return digest.readUInt32BE() / 2 ** 32;
}
