/**
 * The schemas of `crds/` as editors understand them: JSON Schema draft-07, closed, for whole manifests. Made at need from the CRDs, so
 * that there is one truth.
 */
import type { Kind } from "../../../crds/kinds.gen.ts";
import { API_VERSION, type CelRule, KINDS, specSchema, type StructuralSchema } from "./schema.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

const DRAFT = "http://json-schema.org/draft-07/schema#";
const NAMES: Readonly<Record<Kind, string>> = {
  VendorAccount: "vendoraccount",
  Credential: "credential",
  RotationRequest: "rotationrequest",
  RotationDecision: "rotationdecision",
};

/** The schema of a kind's `spec`. */
type SpecOf = (kind: Kind) => StructuralSchema;

/** The files that editors are pointed at: one for each kind, and `velvet.json` for a file with documents of several kinds. */
export function editorFiles(specOf: SpecOf = specSchema): { readonly name: string; readonly schema: JsonSchema }[] {
  const each = KINDS.map((kind) => ({ name: `${NAMES[kind]}.json`, schema: kindSchema(kind, specOf) }));
  return [...each, { name: "velvet.json", schema: anyKindSchema(specOf) }];
}

/** For a manifest of this kind. */
export function kindSchema(kind: Kind, specOf: SpecOf = specSchema): JsonSchema {
  return { $schema: DRAFT, ...manifest(kind, specOf(kind)) };
}

/** For a manifest of any kind. */
export function anyKindSchema(specOf: SpecOf = specSchema): JsonSchema {
  return {
    $schema: DRAFT,
    title: "A manifest of Velvet",
    oneOf: KINDS.map((kind) => ({ $ref: `#/definitions/${kind}` })),
    definitions: Object.fromEntries(KINDS.map((kind) => [kind, manifest(kind, specOf(kind))])),
  };
}

function manifest(kind: Kind, spec: StructuralSchema): JsonSchema {
  return {
    title: kind,
    description: spec.description,
    type: "object",
    required: ["apiVersion", "kind", "metadata", "spec"],
    additionalProperties: false,
    properties: {
      apiVersion: { description: `Always \`${API_VERSION}\`.`, const: API_VERSION },
      kind: { description: `Always \`${kind}\`.`, const: kind },
      metadata: metadata(kind),
      spec: converted(spec),
    },
  };
}

const TEXTS = { type: "object", additionalProperties: { type: "string" } };

function metadata(kind: Kind): JsonSchema {
  const namespace = {
    description: "The team's namespace. In git it comes from the path, and is best left out. Example: `orders`.",
    type: "string",
    maxLength: 63,
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
  };
  return {
    description: "Name and labels, as in Kubernetes. Example: `{name: orders-db}`.",
    type: "object",
    required: ["name"],
    additionalProperties: false,
    properties: {
      name: {
        description: "The object's identity, within its namespace. Example: `orders-db`.",
        type: "string",
        maxLength: 253,
        pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
      },
      ...(kind === "VendorAccount" ? {} : { namespace }),
      labels: { description: "Labels, for selectors. Example: `{team: orders}`.", ...TEXTS },
      annotations: { description: "Annotations. Example: `{example.com/wiki: orders-db}`.", ...TEXTS },
    },
  };
}

/** What has another meaning in Kubernetes than in JSON Schema, or none here. */
const DROPPED: ReadonlySet<string> = new Set(["properties", "items", "additionalProperties", "description", "format"]);

function converted(schema: StructuralSchema): JsonSchema {
  const { properties, items, format } = schema;
  const kept = Object.entries(schema).filter(([key]) => !key.startsWith("x-kubernetes-") && !DROPPED.has(key));
  return {
    ...described(schema),
    ...Object.fromEntries(kept),
    ...(format === "date-time" ? { format } : {}),
    ...(schema["x-kubernetes-list-type"] === "set" ? { uniqueItems: true } : {}),
    ...(items && { items: converted(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, converted(field)])),
    }),
    ...(schema.type === "object" ? { additionalProperties: others(schema) } : {}),
  };
}

function others(schema: StructuralSchema): JsonSchema | boolean {
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return true;
  return schema.additionalProperties ? converted(schema.additionalProperties) : false;
}

/** An editor cannot evaluate CEL: its rules are told beside the field, and `velvet validate` checks them. */
function described(schema: StructuralSchema): { description?: string } {
  const rules: readonly CelRule[] = schema["x-kubernetes-validations"] ?? [];
  const lines = rules.map(({ message }) => `- ${message}`);
  const told = lines.length > 0 ? `Rules:\n${lines.join("\n")}` : undefined;
  const text = [schema.description, told].filter((part) => part !== undefined).join("\n\n");
  return text === "" ? {} : { description: text };
}
