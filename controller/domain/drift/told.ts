/** How a Credential stands between rotations, as people are shown it. Pure. */
import type { Condition } from "../status.ts";
import type { Instant } from "../world.ts";
import type { Finding, Kind } from "./kinds.ts";
import { isLoud, OTHER_KINDS, PLACE_KINDS } from "./kinds.ts";

/** What is to be shown of it. */
export interface Told {
  readonly state: "unchecked" | "clean" | "drifted" | "disabled";
  readonly changedAt: Instant;
  readonly findings: readonly Finding[];
}

/** The most urgent first. */
const URGENCY: readonly Kind[] = [
  "DriftFight",
  "CurrentMissing",
  "CurrentDisabled",
  "CurrentRefused",
  "CurrentExpired",
  "CustodyDiffers",
  ...PLACE_KINDS,
  ...OTHER_KINDS,
];

export function byUrgency(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => URGENCY.indexOf(a.kind) - URGENCY.indexOf(b.kind) || (a.place < b.place ? -1 : 1));
}

/** `Drifted`, and `Stalled` where nothing but a person ends it. */
export function driftConditions(told: Told | undefined, at: Instant): readonly Condition[] {
  const [first, ...rest] = byUrgency((told?.findings ?? []).filter(isLoud));
  if (first === undefined) return [quiet(told, at)];
  const since = [first, ...rest].map((finding) => finding.since).toSorted()[0] ?? at;
  const message = [first, ...rest].map((finding) => `${finding.kind}: ${finding.message}`).join(" ");
  const drifted = { status: "True", reason: first.kind, message, lastTransitionTime: since } as const;
  const stalled = first.kind === "DriftFight" ? [{ type: "Stalled", ...drifted, message: first.message }] : [];
  return [{ type: "Drifted", ...drifted }, ...stalled];
}

function quiet(told: Told | undefined, at: Instant): Condition {
  const said = (reason: string, status: Condition["status"], message: string): Condition => {
    return { type: "Drifted", status, reason, message, lastTransitionTime: told?.changedAt ?? at };
  };
  if (told === undefined)
    return said("NotRotatedYet", "Unknown", "No rotation has told Velvet yet what is to be where.");
  if (told.state === "disabled") return said("DriftDisabled", "Unknown", "Its manifest says drift.mode: Disabled.");
  if (told.state === "unchecked") return said("NotChecked", "Unknown", "Nobody has looked yet.");
  const accepted = told.findings.filter(({ acceptedBy }) => acceptedBy !== undefined);
  if (accepted.length === 0) return said("NothingDrifted", "False", "");
  const names = accepted.map(({ kind, acceptedBy }) => `${kind}, accepted by ${acceptedBy?.name ?? ""}`);
  return said("DriftAccepted", "False", `${names.join("; ")}.`);
}
