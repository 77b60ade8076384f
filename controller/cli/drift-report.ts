/** How Credentials stand between rotations, as `velvet drift` shows it (`docs/reference/schemas/drift.json`). Pure. */
import { isLoud, placeName } from "../domain/drift/kinds.ts";
import { byUrgency, driftConditions } from "../domain/drift/told.ts";
import type { Instant } from "../domain/world.ts";
import type { DriftView } from "../ledger/drift-views.ts";
import { present } from "./present.ts";

export interface DriftPlace {
  /** `custody` for consumer zero. */
  readonly place: string;
  /** What can be seen of it. */
  readonly grade: string;
  readonly state: string;
  readonly at?: Instant;
}

export interface DriftFinding {
  readonly place: string;
  readonly kind: string;
  readonly grade: string;
  /** `suspected`: people are told when it is seen again. */
  readonly state: "suspected" | "open" | "accepted";
  readonly since: Instant;
  readonly message: string;
  readonly acceptedBy?: string;
  /** Which of the vendor's credentials it is about. */
  readonly vendorIds?: readonly string[];
}

export interface DriftEntry {
  readonly namespace: string;
  readonly name: string;
  readonly mode: string;
  readonly drifted: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly checkedAt: Instant | null;
  readonly nextCheckAt: Instant | null;
  /** Why the last look was not made, or not all of it. */
  readonly postponed: { readonly reason: string; readonly message: string } | null;
  readonly places: readonly DriftPlace[];
  /** The most urgent first. */
  readonly findings: readonly DriftFinding[];
}

/** One Credential that has drifted, in a line. */
export interface DriftLine {
  readonly namespace: string;
  readonly name: string;
  readonly reasons: readonly string[];
}

export function entryOf(view: DriftView): DriftEntry {
  const { namespace, name, mode, checkedAt, nextCheckAt, postponed, changedAt } = view;
  const condition = driftConditions(view, changedAt).find(({ type }) => type === "Drifted");
  return {
    namespace,
    name,
    mode: mode ?? "Warn",
    drifted: condition?.status ?? "Unknown",
    reason: condition?.reason ?? "NotChecked",
    message: condition?.message ?? "",
    checkedAt,
    nextCheckAt,
    postponed,
    places: Object.entries(view.places)
      .map(([place, { grade, state, at }]) => ({ place: placeName(place), grade, state, ...present({ at }) }))
      .sort((a, b) => (a.place < b.place ? -1 : 1)),
    findings: byUrgency(view.findings).map((finding) => ({
      place: placeName(finding.place),
      kind: finding.kind,
      grade: finding.grade,
      state: finding.acceptedBy === undefined ? finding.state : "accepted",
      since: finding.since,
      message: finding.message,
      ...present({ acceptedBy: finding.acceptedBy?.name, vendorIds: idsIn(finding) }),
    })),
  };
}

function idsIn({ details }: DriftView["findings"][number]): readonly string[] | undefined {
  const ids = details["vendorIds"];
  return typeof ids === "object" ? ids : undefined;
}

export function driftLineOf({ namespace, name, findings }: DriftView): DriftLine {
  const loud = byUrgency(findings.filter(isLoud));
  return { namespace, name, reasons: loud.map(({ place, kind }) => `${kind} at ${placeName(place)}`) };
}
