/** The objects that are in the cluster, by their paths: a few words of each, never the object. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import { pathOfSubject, type Status, type Subject } from "./reading.ts";

/** For a person who wants it to be looked at now; echoed in `status.lastHandledReconcileAt`. */
export const REQUESTED_AT = "velvet.raxx.app/requestedAt";

export interface KnownSubject extends Subject {
  readonly uid: string;
  /** Of the status that stands there. */
  readonly digest: string;
  /** `Ready`'s reason in it. */
  readonly reason: string | undefined;
  readonly requestedAt: string | undefined;
}

export interface Subjects {
  get(path: string): KnownSubject | undefined;
  paths(): Iterable<string>;
  /** True where what stands there is not what was last written: it is new, or somebody else has changed it. */
  seen(kind: Kind, object: ApiObject): boolean;
  gone(path: string): void;
  written(path: string, uid: string, status: Status): void;
}

export function openSubjects(): Subjects {
  const known = new Map<string, KnownSubject>();
  const wanted = new Map<string, string>();
  return {
    get: (path) => known.get(path),
    paths: () => known.keys(),
    seen: (kind, object) => {
      const subject = subjectOf(kind, object);
      const path = pathOfSubject(subject);
      const before = known.get(path);
      known.set(path, subject);
      const same = before?.uid === subject.uid && before.generation === subject.generation;
      return !same || before.requestedAt !== subject.requestedAt || wanted.get(path) !== subject.digest;
    },
    gone: (path) => {
      known.delete(path);
      wanted.delete(path);
    },
    written: (path, uid, status) => {
      const digest = digestOf(status);
      wanted.set(path, digest);
      const subject = known.get(path);
      if (subject?.uid === uid) known.set(path, { ...subject, digest, reason: readyReason(status) });
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
  const conditions = isRecord(status) && Array.isArray(status["conditions"]) ? status["conditions"] : [];
  const ready: unknown = conditions.find((condition) => isRecord(condition) && condition["type"] === "Ready");
  return isRecord(ready) && typeof ready["reason"] === "string" ? ready["reason"] : undefined;
}

function subjectOf(kind: Kind, { metadata, status }: ApiObject): KnownSubject {
  return {
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    createdAt: metadata.creationTimestamp ?? "1970-01-01T00:00:00Z",
    digest: digestOf(status),
    reason: readyReason(status),
    requestedAt: metadata.annotations?.[REQUESTED_AT]?.slice(0, 128),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
