/** When a scheduled rotation may begin, in the words of people: days and hours of a place. Pure. */
import { Temporal } from "temporal-polyfill";
import type { CredentialSpec } from "../../../crds/kinds.gen.ts";
import type { Instant } from "../world.ts";

export type Window = NonNullable<NonNullable<CredentialSpec["rotation"]>["window"]>;

/** Both ends as instants; `to` is not part of it. */
export interface Opening {
  readonly from: Instant;
  readonly to: Instant;
}

const DAYS = "Mon Tue Wed Thu Fri Sat Sun".split(" ");
/** A window that the change to summer time swallows is there again a week later at the latest. */
const LOOK_AHEAD_DAYS = 15;

/**
 * The opening that goes on at `at`, or else the next one. A time zone that this machine does not know is refused with the manifest; should one
 * come through, only its window is another one, in UTC.
 */
export function openingAt(window: Window, zone: string, at: Instant): Opening {
  const timeZone = isTimeZone(zone) ? zone : "UTC";
  const here = Temporal.Instant.from(at).toZonedDateTimeISO(timeZone);
  // One that began yesterday may go on past midnight.
  for (let day = -1; day <= LOOK_AHEAD_DAYS; day++) {
    const opening = openingOf(window, here.toPlainDate().add({ days: day }), timeZone);
    if (opening !== undefined && opening.to > at) return opening;
  }
  throw new RangeError("a window that never opens");
}

/** As `openingAt`, for many who ask: to reckon with the clocks of a place takes a hundred times as long as to remember it. */
export class Openings {
  readonly #known = new Map<string, Asked[]>();

  at(window: Window, timeZone: string, at: Instant): Opening {
    const key = `${window.days?.join() ?? ""} ${window.start} ${window.end} ${timeZone}`;
    const known = this.#known.get(key) ?? [];
    // Whoever asks later, and before it closes, is told the same.
    const same = known.find(({ asked, opening }) => asked <= at && at < opening.to);
    if (same) return same.opening;
    const opening = openingAt(window, timeZone, at);
    this.#known.set(key, [{ asked: at < opening.from ? at : opening.from, opening }, ...known.slice(0, MOST_KNOWN)]);
    return opening;
  }
}

interface Asked {
  readonly asked: Instant;
  readonly opening: Opening;
}

/** Of one window: enough for what piled up in a month. */
const MOST_KNOWN = 31;

/** True for a name that this machine's time zones know. */
export function isTimeZone(name: string): boolean {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name) !== undefined;
  } catch {
    return false;
  }
}

/** A time that a change of clocks skips is as much later; where nothing is left of the window by that, it does not open that day. */
function openingOf({ days, start, end }: Window, date: Temporal.PlainDate, timeZone: string): Opening | undefined {
  const name = DAYS[date.dayOfWeek - 1];
  if (days !== undefined && !days.some((day) => day === name)) return undefined;
  const last = end <= start ? date.add({ days: 1 }) : date;
  const from = instantOf(date, start, timeZone);
  const to = instantOf(last, end, timeZone);
  return from < to ? { from, to } : undefined;
}

function instantOf(date: Temporal.PlainDate, time: string, timeZone: string): Instant {
  const at = date.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) });
  return new Date(at.epochMilliseconds).toISOString();
}
