/** What looks between rotations add to the rows of consumers. Pure. */
import { byUrgency } from "../../domain/drift/told.ts";
import { isLoud } from "../../domain/drift/kinds.ts";
import type { DriftView } from "../../ledger/drift-views.ts";
import { bounded } from "./conditions.ts";
import type { ConsumerStatusRow } from "./rows.ts";

const LONGEST = 1_024;

export interface DriftRow extends ConsumerStatusRow {
  readonly grade?: string;
  readonly drifted?: boolean;
}

/** While a rotation is under way the rows are its own: it writes what they would speak of. */
export function withDrift(
  rows: readonly ConsumerStatusRow[],
  drift: DriftView | undefined,
  isRotating: boolean,
): readonly DriftRow[] {
  if (drift === undefined || isRotating) return rows;
  return rows.map((row) => {
    const place = row.id === "custody" ? "" : row.id;
    const seen = drift.places[place];
    if (seen === undefined) return row;
    const [first] = byUrgency(drift.findings.filter((finding) => finding.place === place && isLoud(finding)));
    const { grade } = seen;
    if (first === undefined) return { ...row, grade, drifted: false };
    const { kind, message, since } = first;
    return { ...row, grade, drifted: true, since, reason: kind, message: bounded(message, LONGEST) };
  });
}
