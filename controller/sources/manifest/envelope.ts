/** What stands around a spec: apiVersion, kind, metadata. The same for every kind. */
import type { Kind } from "../../../crds/kinds.gen.ts";
import { didYouMean, nearest } from "./near.ts";
import { API_VERSION, GROUP, isKind, KINDS } from "./schema.ts";
import type { Finding } from "./explain.ts";

const TOP = ["apiVersion", "kind", "metadata", "spec"];
const METADATA = ["name", "namespace", "labels", "annotations"];
/** What an API server adds to an object that is read back from it. Harmless, and without effect. */
const SERVER_METADATA = ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"];

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Whether a document is meant for Velvet: by its group, by one that is a near miss, or by its kind where it names no group. The
 * rest of a repository is none of our business.
 */
export function isOurs(apiVersion: string | undefined, kind: string | undefined): boolean {
  const [group = "", version] = apiVersion?.split("/") ?? [];
  if (version === undefined && isKind(kind)) return true;
  return nearest(group, [GROUP]) !== undefined;
}

export type Fields = ReadonlyMap<string, unknown>;

export function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

/** Where the kind is known, it is given; a spec of an unknown kind cannot be checked. */
export interface Envelope {
  readonly kind?: Kind;
  readonly name?: string;
  readonly namespace?: string;
  readonly findings: readonly Finding[];
}

export function readEnvelope(document: Fields): Envelope {
  const kind = document.get("kind");
  const { name, namespace, findings } = readMetadata(document.get("metadata"));
  return {
    ...(isKind(kind) ? { kind } : {}),
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    findings: [
      ...apiVersionFindings(document.get("apiVersion")),
      ...kindFindings(kind),
      ...topFindings(document),
      ...findings,
    ],
  };
}

function apiVersionFindings(apiVersion: unknown): Finding[] {
  if (apiVersion === API_VERSION) return [];
  const suggestion = `write apiVersion: ${API_VERSION}`;
  if (apiVersion === undefined) return [missing("apiVersion", suggestion)];
  return [
    {
      path: ["apiVersion"],
      part: "value",
      code: "UnknownApiVersion",
      message: `the only apiVersion is ${API_VERSION}`,
      suggestion,
    },
  ];
}

function kindFindings(kind: unknown): Finding[] {
  if (isKind(kind)) return [];
  if (kind === undefined) return [missing("kind", `one of ${KINDS.join(", ")}`)];
  const path = ["kind"];
  const suggestion = `one of ${KINDS.join(", ")}`;
  if (typeof kind !== "string") return [{ ...wrong(path, "WrongType", "kind must be text"), suggestion }];
  return [
    { ...wrong(path, "UnknownKind", `Velvet has no kind ${kind}`), suggestion: didYouMean(kind, KINDS) ?? suggestion },
  ];
}

function topFindings(document: Fields): Finding[] {
  const findings = [...document.keys()]
    .filter((field) => !TOP.includes(field))
    .map((field) => strayField([], field, TOP));
  return document.has("spec") ? findings : [...findings, missing("spec")];
}

function strayField(path: readonly string[], field: string, known: readonly string[]): Finding {
  const at = { path: [...path, field], part: "key" as const };
  if (path.length === 0 && field === "status")
    return {
      ...at,
      code: "StatusInManifest",
      message: "status is written by the controller alone",
      suggestion: "remove it",
    };
  return {
    ...at,
    code: "UnknownField",
    message: `${path.length === 0 ? "a manifest" : path.join(".")} has no field ${field}`,
    suggestion: didYouMean(field, known) ?? `known here: ${known.join(", ")}`,
  };
}

function missing(field: string, suggestion?: string): Finding {
  const message = `the document needs ${field}`;
  return {
    path: [field],
    part: "key",
    code: "MissingField",
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly findings: readonly Finding[];
}

function readMetadata(value: unknown): Metadata {
  if (value === undefined) return { findings: [missing("metadata", "metadata: {name: …}")] };
  const metadata = fieldsOf(value);
  if (!metadata) return { findings: [wrong(["metadata"], "WrongType", "metadata must be a mapping")] };
  const name = metadata.get("name");
  const namespace = metadata.get("namespace");
  const findings = [
    ...nameFindings(name),
    ...(namespace === undefined || isName(namespace, NAMESPACE, 63)
      ? []
      : [
          wrong(
            ["metadata", "namespace"],
            "InvalidValue",
            "metadata.namespace must be a DNS label of at most 63 characters",
          ),
        ]),
    ...textFindings(metadata, "labels"),
    ...textFindings(metadata, "annotations"),
    ...[...metadata.keys()]
      .filter((field) => !METADATA.includes(field) && !SERVER_METADATA.includes(field))
      .map((field) => strayField(["metadata"], field, METADATA)),
  ];
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof namespace === "string" ? { namespace } : {}),
    findings,
  };
}

function nameFindings(name: unknown): Finding[] {
  const path = ["metadata", "name"];
  if (name === undefined) {
    const message = "metadata needs name: it is the object's identity, so it cannot be generated";
    return [{ path, part: "key", code: "MissingField", message }];
  }
  if (isName(name, NAME, 253)) return [];
  const rule = "metadata.name must be lower-case letters, digits, - and ., and at most 253 characters";
  return [wrong(path, "InvalidValue", typeof name === "string" ? rule : `${rule}; put it in quotes`)];
}

/** Labels and annotations: an API server takes only text. */
function textFindings(metadata: Fields, field: "labels" | "annotations"): Finding[] {
  const value = metadata.get(field);
  if (value === undefined) return [];
  const entries = fieldsOf(value);
  if (!entries) return [wrong(["metadata", field], "WrongType", `metadata.${field} must be a mapping`)];
  return [...entries]
    .filter(([, text]) => typeof text !== "string")
    .map(([key]) =>
      wrong(["metadata", field, key], "WrongType", `metadata.${field}.${key} must be text; put it in quotes`),
    );
}

function isName(value: unknown, form: RegExp, longest: number): boolean {
  return typeof value === "string" && value.length <= longest && form.test(value);
}

function wrong(path: readonly string[], code: string, message: string): Finding {
  return { path, part: "value", code, message };
}
