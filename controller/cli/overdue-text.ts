/** Credentials that are due to be rotated and are not, in `velvet status`. Pure. */
import { humanDuration } from "../domain/duration.ts";
import type { OverdueView } from "../ledger/schedules.ts";
import { type Colours, printable } from "./output.ts";

const MOST_NAMED = 5;

/** How long each is due, what keeps it, and the command that asks for it now; nothing where none is. */
export function overdueLines(overdue: readonly OverdueView[], now: Date, colours: Colours): string[] {
  const more = overdue.length - MOST_NAMED;
  return overdue.length === 0
    ? []
    : [
        "",
        ...overdue.slice(0, MOST_NAMED).flatMap((each) => linesOf(each, now, colours)),
        ...(more > 0 ? [colours.yellow(`And ${more} more are due.`)] : []),
      ];
}

function linesOf(
  { namespace, name, dueAt, startsAt, because, waitsFor }: OverdueView,
  now: Date,
  colours: Colours,
): string[] {
  const long = humanDuration(Math.max(0, now.getTime() - Date.parse(dueAt)));
  const next = waitsFor === "" ? `It begins at ${startsAt}.` : `It does not begin, because ${waitsFor}.`;
  return [
    colours.yellow(
      printable(`RotationDue: ${namespace}/${name} is due for ${long}, since ${dueAt} (${because}). ${next}`),
    ),
    printable(`  velvet request rotate ${name} -n ${namespace} --reason <why>`),
  ];
}
