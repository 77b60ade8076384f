/** How a Credential stands between rotations, as its status in the cluster shows it. Pure. */
import type { Kind } from "../../domain/drift/kinds.ts";
import { AT_VENDOR, OTHER_KINDS, PLACE_KINDS } from "../../domain/drift/kinds.ts";
import type { DriftSubject } from "../desk.ts";
import type { DriftEntry, DriftFinding, DriftLine } from "../drift-report.ts";
import type { AccountObject, CredentialObject } from "./resources.ts";
import { instant } from "./rotation.ts";

/** What is not at a consumer is told in the condition alone, and when it was looked at is not told. */
export function driftEntryOf(object: CredentialObject): DriftEntry {
  const { metadata, spec, status = {} } = object;
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    mode: spec.drift?.mode ?? "Warn",
    ...conditionOf(object),
    checkedAt: null,
    nextCheckAt: null,
    postponed: null,
    places: (status.consumers ?? []).flatMap(({ id, grade, drifted }) =>
      grade === undefined ? [] : [{ place: id, grade, state: drifted === true ? "drifted" : STANDS[grade] }],
    ),
    findings: findingsOf(object),
  };
}

function conditionOf({ status }: CredentialObject): Pick<DriftEntry, "drifted" | "reason" | "message"> {
  const condition = status?.conditions?.find(({ type }) => type === "Drifted");
  if (!condition) return { drifted: "Unknown", reason: "NotChecked", message: "" };
  return { drifted: condition.status, reason: condition.reason, message: condition.message };
}

const STANDS = { value: "in-place", version: "unchanged", presence: "present", none: "unseen" } as const;

function findingsOf({ status = {} }: CredentialObject): DriftFinding[] {
  const condition = status.conditions?.find(({ type }) => type === "Drifted");
  const rows = (status.consumers ?? []).flatMap(
    ({ id, drifted, grade = "none", reason = "", since = "", message = "" }) =>
      drifted === true
        ? [{ place: id, kind: reason, grade, state: "open" as const, since: instant(since), message }]
        : [],
  );
  if (condition?.status !== "True" || rows.some(({ kind }) => kind === condition.reason)) return rows;
  const { reason: kind, message, lastTransitionTime } = condition;
  const since = instant(lastTransitionTime);
  return [{ place: "the vendor", kind, grade: "vendor", state: "open", since, message }, ...rows];
}

export function driftLinesOf(objects: readonly CredentialObject[]): DriftLine[] {
  return objects.flatMap((object) => {
    const { namespace, name, drifted, reason } = driftEntryOf(object);
    return drifted === "True" ? [{ namespace, name, reasons: [reason] }] : [];
  });
}

export function driftSubjectOf(object: CredentialObject, accounts: readonly AccountObject[]): DriftSubject {
  const { namespace, name, findings } = driftEntryOf(object);
  const { activeRotation } = object.status ?? {};
  const own = new Set(
    [object.spec.issuer, object.spec.custody, ...object.spec.consumers].map((block) => block?.account),
  );
  return {
    namespace,
    name,
    credentialSpec: object.spec,
    twoPerson: accounts.some(({ metadata, spec }) => own.has(metadata.name) && spec.twoPerson === true),
    live: activeRotation?.request ?? null,
    findings: findings.flatMap(({ place, kind }) => {
      const known = kindNamed(kind);
      return known === undefined ? [] : [{ place: PLACES[place] ?? place, kind: known, state: "open" as const }];
    }),
  };
}

const PLACES: Readonly<Record<string, string>> = { custody: "", "the vendor": AT_VENDOR };

function kindNamed(text: string): Kind | undefined {
  return [...PLACE_KINDS, ...OTHER_KINDS].find((kind) => kind === text);
}
