import { specHash } from "../domain/spec-hash.ts";
import type { DesiredDocument, Problem } from "./look.ts";

/** A document that the ledger can hold, with what it is compared by. */
export interface ShownDocument extends DesiredDocument {
  /** `kind/namespace/name`. */
  readonly key: string;
  /** SHA-256 over the canonical JSON of the whole spec, hex. */
  readonly hash: string;
  /** The same without `suspend`: what makes a request the same request. */
  readonly identity: string;
  /** RFC 3339, UTC; only of a request that sets one. */
  readonly deadline?: string;
}

export function keyOf(object: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${object.kind}/${object.namespace}/${object.name}`;
}

/**
 * Checks that Postgres will take the document: one that it refuses would stop all others of its source with it. The reader has
 * validated the document's shape already. Pure.
 */
export function shownDocument(document: DesiredDocument): ShownDocument | Problem {
  const { spec, kind } = document;
  if (!isRecord(spec) || !storable(spec) || !storable({ ...document.origin, name: document.name }))
    return problemAt(
      document,
      "NotStorable",
      "A text in the document holds a NUL or half a character, or a number is not finite.",
    );
  const deadline = kind === "RotationRequest" ? (deadlineOf(spec) ?? defaultDeadline(document)) : undefined;
  if (deadline === null) return problemAt(document, "InvalidDeadline", "spec.deadline is not a time that exists.");
  const { suspend: _, ...identity } = spec;
  const hash = specHash(spec);
  return {
    ...document,
    key: keyOf(document),
    hash,
    identity: "suspend" in spec ? specHash(identity) : hash,
    ...(deadline === undefined ? {} : { deadline }),
  };
}

export function problemAt(document: DesiredDocument, code: string, message: string): Problem {
  return { path: document.origin.path, line: document.origin.line, column: 1, code, message };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for JSON that fits `jsonb`: no NUL, no lone surrogate, no NaN. */
function storable(value: unknown): boolean {
  if (typeof value === "string") return !value.includes("\0") && value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(storable);
  if (isRecord(value)) return Object.entries(value).every(([key, member]) => storable(key) && storable(member));
  return value === null || value === undefined || typeof value === "boolean";
}

/** Seven days after it appeared, where its source tells when that was; else the ledger reckons from when it saw it. */
function defaultDeadline({ spec, appearedAt }: DesiredDocument): string | undefined | null {
  if (!isRecord(spec) || (spec["deadline"] ?? undefined) !== undefined) return null;
  return appearedAt === undefined ? undefined : new Date(Date.parse(appearedAt) + DEFAULT_DEADLINE_MS).toISOString();
}

const DEFAULT_DEADLINE_MS = 7 * 86_400_000;

/** Nothing where none is set, null where it is no time. */
function deadlineOf(spec: Readonly<Record<string, unknown>>): string | null | undefined {
  const { deadline } = spec;
  if (deadline === undefined || deadline === null) return undefined;
  const time = typeof deadline === "string" ? new Date(deadline) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) return null;
  return time.getUTCFullYear() >= 1970 && time.getUTCFullYear() <= 9999 ? time.toISOString() : null;
}
