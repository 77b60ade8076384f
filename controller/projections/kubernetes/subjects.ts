/** The objects that are in the cluster, by their paths: a few words of each, never the object. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Kind } from "../../../crds/kinds.gen.ts";
import { type ApiObject, isRecord } from "../../kubernetes/object.ts";
import { keyOf } from "../../sources/shown.ts";
import type { Status, Subject } from "./reading.ts";

/** For a person who wants it to be looked at now; echoed in `status.lastHandledReconcileAt`. */
export const REQUESTED_AT = "velvet.raxx.app/requestedAt";

export interface KnownSubject extends Subject {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Of the status that stands there. */
  readonly digest: string;
  /** `Ready`'s reason in it. */
  readonly reason: string | undefined;
  /** `Drifted`'s reason in it, where that is so. */
  readonly drift: string | undefined;
  /** What somebody was reminded of in it, as one text to compare. */
  readonly reminders: string | undefined;
  readonly requestedAt: string | undefined;
}

/** What a write left there. */
export interface Left {
  readonly stored: unknown;
  readonly resourceVersion: string;
}

export interface Subjects {
  get(path: string): KnownSubject | undefined;
  paths(): Iterable<string>;
  /** True where it is new, or what stands there is not what the last write left. */
  seen(kind: Kind, object: ApiObject): boolean;
  gone(path: string): void;
  /** An API server with older CRDs leaves out what it does not know. */
  written(path: string, uid: string, status: Status, left: Left): void;
  /** Whether it stands there already, as far as the API server takes it. */
  stands(path: string, status: Status): boolean;
}

interface Written {
  readonly asked: string;
  readonly stored: string;
}

export function openSubjects(): Subjects {
  const known = new Map<string, KnownSubject>();
  const last = new Map<string, Written>();
  return {
    get: (path) => known.get(path),
    paths: () => known.keys(),
    seen: (kind, object) => {
      const subject = subjectOf(kind, object);
      const path = keyOf(subject);
      const before = known.get(path);
      known.set(path, subject);
      const same = before?.uid === subject.uid && before.generation === subject.generation;
      return !same || before.requestedAt !== subject.requestedAt || last.get(path)?.stored !== subject.digest;
    },
    gone: (path) => {
      known.delete(path);
      last.delete(path);
    },
    written: (path, uid, status, { stored, resourceVersion }) => {
      const digest = digestOf(stored);
      last.set(path, { asked: digestOf(status), stored: digest });
      const subject = known.get(path);
      const told = { reason: readyReason(stored), drift: driftReason(stored), reminders: remindersMark(stored) };
      if (subject?.uid === uid) known.set(path, { ...subject, resourceVersion, digest, ...told });
    },
    stands: (path, status) => {
      const [asked, written, there] = [digestOf(status), last.get(path), known.get(path)?.digest];
      return asked === there || (asked === written?.asked && written.stored === there);
    },
  };
}

export function digestOf(status: unknown): string {
  return createHash("sha256")
    .update(canonicalize(status) ?? "")
    .digest("base64url")
    .slice(0, 16);
}

export function readyReason(status: unknown): string | undefined {
  return reasonIn(conditionIn(status, "Ready"));
}

/** Undefined where nothing has drifted, or nobody knows. */
export function driftReason(status: unknown): string | undefined {
  const drifted = conditionIn(status, "Drifted");
  return isRecord(drifted) && drifted["status"] === "True" ? reasonIn(drifted) : undefined;
}

export interface RemindedRow {
  readonly for: string;
  readonly about: string;
  readonly since: string;
  readonly count: number;
  readonly escalatedAt?: string;
}

/** As this Velvet writes them; of what another one wrote only what reads like that. */
export function remindedIn(status: unknown): RemindedRow[] {
  const rows: unknown = isRecord(status) ? status["reminders"] : undefined;
  return Array.isArray(rows) ? rows.flatMap(rowIn) : [];
}

function rowIn(row: unknown): RemindedRow[] {
  if (!isRecord(row)) return [];
  const { for: waitsFor, about, since, count, escalatedAt } = row;
  if (typeof waitsFor !== "string" || typeof about !== "string") return [];
  if (typeof since !== "string" || typeof count !== "number") return [];
  return [{ for: waitsFor, about, since, count, ...(typeof escalatedAt === "string" ? { escalatedAt } : {}) }];
}

/** Changes with each reminder, and with nothing else. */
export function remindersMark(status: unknown): string | undefined {
  const rows = remindedIn(status);
  if (rows.length === 0) return undefined;
  return rows.map((row) => [row.for, row.since, row.count, row.escalatedAt ?? ""].join(" ")).join("; ");
}

function conditionIn(status: unknown, type: string): unknown {
  const conditions = isRecord(status) && Array.isArray(status["conditions"]) ? status["conditions"] : [];
  return conditions.find((condition: unknown) => isRecord(condition) && condition["type"] === type);
}

function reasonIn(condition: unknown): string | undefined {
  return isRecord(condition) && typeof condition["reason"] === "string" ? condition["reason"] : undefined;
}

function subjectOf(kind: Kind, { metadata, status }: ApiObject): KnownSubject {
  return {
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation ?? 0,
    createdAt: metadata.creationTimestamp ?? "1970-01-01T00:00:00Z",
    digest: digestOf(status),
    reason: readyReason(status),
    drift: driftReason(status),
    reminders: remindersMark(status),
    requestedAt: metadata.annotations?.[REQUESTED_AT]?.slice(0, 128),
  };
}
