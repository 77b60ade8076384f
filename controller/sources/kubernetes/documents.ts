/** Objects of the API server as desired documents. Pure. */
import type { Kind } from "../../../crds/kinds.gen.ts";
import type { ApiObject } from "../../kubernetes/object.ts";
import type { DesiredDocument, ObjectName, Problem, Trust } from "../look.ts";
import { readObject } from "../manifest/read.ts";
import { keyOf } from "../shown.ts";

export interface ReadObject {
  /** Absent where something is wrong with it. */
  readonly document?: DesiredDocument;
  readonly problems: readonly Problem[];
}

export interface ReadContext {
  readonly environment: string;
  readonly trustOf: (object: ApiObject) => Trust;
}

export function nameOf(kind: Kind, key: string): ObjectName {
  const slash = key.indexOf("/");
  return { kind, namespace: slash < 0 ? "" : key.slice(0, slash), name: key.slice(slash + 1) };
}

export function readApiObject(kind: Kind, object: ApiObject, context: ReadContext): ReadObject {
  const { name, namespace = "", uid, generation = 0, creationTimestamp } = object.metadata;
  const path = keyOf({ kind, namespace, name });
  // The reader fills in defaults in place, and who reads next compares what stood there.
  const spec: unknown = structuredClone(object.spec);
  const place = kind === "VendorAccount" ? {} : { namespace };
  const problems = readObject({ kind, ...place, spec }, path, { tree: "any", environment: context.environment });
  if (problems.length > 0) return { problems };
  return {
    document: {
      kind,
      namespace,
      name,
      spec,
      origin: { path, line: 0, uid, generation },
      trust: context.trustOf(object),
      ...(creationTimestamp === undefined ? {} : { appearedAt: creationTimestamp }),
    },
    problems: [],
  };
}
