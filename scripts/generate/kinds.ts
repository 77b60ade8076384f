import { parse } from "yaml";
import type { StructuralSchema } from "../../controller/sources/manifest/schema.ts";
import { code, escaped, generatedFrom } from "./markdown.ts";

interface Crd {
  readonly spec: {
    readonly scope: string;
    readonly names: { readonly kind: string; readonly shortNames?: readonly string[] };
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: StructuralSchema } }];
  };
}

interface Field {
  readonly path: string;
  readonly schema: StructuralSchema;
  readonly required: boolean;
}

/** `docs/reference/kinds.md`, from the CRDs with the adapters' blocks in them. */
export function kindsReference(texts: readonly string[], adapters: readonly string[]): string {
  return [
    generatedFrom("crds/*.yaml and adapters/*/config.schema.yaml"),
    "",
    "# Kinds",
    "",
    "All of `apiVersion: velvet.raxx.app/v1alpha1`. `./velvet schema` prints the same for editors, `kubectl explain` shows it in a",
    "cluster, and `./velvet validate` holds manifests to it.",
    "",
    ...texts.flatMap((text) => kindSection(parse(text) as Crd, adapters)), // our own files; the tests of crds/ check their shape
  ].join("\n");
}

function kindSection({ spec }: Crd, adapters: readonly string[]): string[] {
  const { kind, shortNames = [] } = spec.names;
  const schema = spec.versions[0].schema.openAPIV3Schema;
  const fields = childrenOf({ path: "", schema, required: true }).filter(({ path }) => /^(spec|status)\b/.test(path));
  const own = fields.filter(({ path }) => path.startsWith("spec") && adapterOf(path, adapters) === undefined);
  const status = fields.filter(({ path }) => path.startsWith("status"));
  const short = shortNames.length === 0 ? "" : `; \`kubectl get ${shortNames[0]}\``;
  return [
    `## ${kind}`,
    "",
    escaped(schema.description ?? ""),
    "",
    `${spec.scope === "Namespaced" ? "Belongs to a namespace" : "Belongs to no namespace"}${short}.`,
    "",
    ...own.map(line),
    "",
    ...adapters.flatMap((name) => blockSection(kind, name, fields, adapters)),
    ...(status.length === 0
      ? []
      : [`### Status of a ${kind}`, "", "Written by the controller alone.", "", ...status.map(line), ""]),
  ];
}

function blockSection(kind: string, name: string, fields: readonly Field[], adapters: readonly string[]): string[] {
  const block = fields.filter(({ path }) => adapterOf(path, adapters) === name);
  return block.length === 0 ? [] : [`### ${kind}: block \`${name}\``, "", ...block.map(line), ""];
}

/** The adapter whose block a field is, or stands in. */
function adapterOf(path: string, adapters: readonly string[]): string | undefined {
  return adapters.find((name) =>
    new RegExp(`^spec(\\.issuer|\\.custody|\\.consumers\\[\\])?\\.${name}(\\.|$)`).test(path),
  );
}

/** The field itself and all below it, in the order of the schema. */
function fieldsOf(field: Field): Field[] {
  return [field, ...childrenOf(field)];
}

function childrenOf({ path, schema }: Field): Field[] {
  if (schema.items) return childrenOf({ path: `${path}[]`, schema: schema.items, required: true });
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    fieldsOf({ path: path === "" ? name : `${path}.${name}`, schema: child, required: required.has(name) }),
  );
}

function line({ path, schema, required }: Field): string {
  const facts = [typeOf(schema), ...(required ? ["**required**"] : []), ...defaultOf(schema), ...boundsOf(schema)];
  const rules = [...(schema["x-kubernetes-validations"] ?? []), ...(schema.items?.["x-kubernetes-validations"] ?? [])];
  const text = `- \`${path}\` (${facts.join("; ")}): ${escaped(schema.description ?? "")}`;
  return [text, ...rules.map(({ message }) => `  - Rule: ${escaped(message)}.`)].join("\n");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  object: "object",
};

function typeOf(schema: StructuralSchema): string {
  if (schema.items) return `list of ${schema.items.enum ? "" : `${typeOf(schema.items)}s`}${choices(schema.items)}`;
  if (schema.enum) return choices(schema);
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema["format"] === "date-time") return "time, RFC 3339";
  return TYPES[schema.type] ?? schema.type;
}

function choices({ enum: values = [] }: StructuralSchema): string {
  return values.map((value) => code(value)).join(" or ");
}

function defaultOf(schema: StructuralSchema): string[] {
  return schema["default"] === undefined ? [] : [`default ${code(JSON.stringify(schema["default"]))}`];
}

const BOUNDS: readonly (readonly [least: string, most: string, unit: string])[] = [
  ["minLength", "maxLength", " characters"],
  ["minimum", "maximum", ""],
  ["minItems", "maxItems", " entries"],
  ["minProperties", "maxProperties", " entries"],
];

function boundsOf(schema: StructuralSchema): string[] {
  const bounds = BOUNDS.flatMap(([least, most, unit]) => range(numberOf(schema[least]), numberOf(schema[most]), unit));
  const inner = schema.items ? boundsOf(schema.items).map((bound) => `each ${bound}`) : [];
  const pattern = typeof schema["pattern"] === "string" ? [`matches ${code(schema["pattern"])}`] : [];
  return [...bounds, ...pattern, ...inner];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function range(least: number | undefined, most: number | undefined, unit: string): string[] {
  if (least === undefined && most === undefined) return [];
  if (least === undefined) return [`at most ${most}${unit}`];
  return [most === undefined ? `at least ${least}${unit}` : `${least} to ${most}${unit}`];
}
