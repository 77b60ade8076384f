/** How the report of a rehearsal looks. Pure. */
import { leftOutText, type RehearsalReport } from "../domain/rehearsal-report.ts";
import { type Colours, printable, tableLines } from "./output.ts";

/** What was rehearsed, what was not and why, and what became of the throwaway. */
export function rehearsalLines(
  { slots, notRehearsed, stopped, throwaway, proof }: RehearsalReport,
  colours: Colours,
): string[] {
  const paint = { proven: colours.green, failed: colours.red };
  const rows = slots.map(({ id, outcome, message }) => {
    const colour = outcome === "proven" || outcome === "failed" ? paint[outcome] : colours.dim;
    return [printable(id), colour(outcome), printable(message)];
  });
  return [
    ...(stopped === undefined ? [] : [colours.yellow(`Stopped: ${printable(stopped)}`)]),
    ...tableLines(["REHEARSED", "OUTCOME", "MESSAGE"], rows),
    ...notRehearsed.map((left) => printable(leftOutText(left))),
    ...(throwaway === undefined ? [] : [printable(throwawayText(throwaway))]),
    ...(proof === undefined ? [] : [printable(`Proof: ${proof}`)]),
  ];
}

function throwawayText({ vendorId, endedAt, provenGoneAt }: NonNullable<RehearsalReport["throwaway"]>): string {
  const ended = endedAt === undefined ? "is alive" : `was ended at ${endedAt}`;
  return `Throwaway ${vendorId}: ${ended}${provenGoneAt === undefined ? "" : `, and proved gone at ${provenGoneAt}`}.`;
}
