/** What the schema says is wrong, in plain words, with a place in the document and a hint. */
import type { ErrorObject } from "ajv";
import { didYouMean, nearest } from "./near.ts";
import type { Step } from "./rules.ts";
import { firstRepeated, mapKey, type StructuralSchema } from "./schema.ts";

export interface Finding {
  readonly path: readonly Step[];
  /** Whether the key or the value at `path` is to blame. */
  readonly part: "key" | "value";
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
  /** Another place that this is probably about: the field that an unknown one was meant to be. */
  readonly meant?: readonly Step[];
}

/** One finding for each mistake: what follows from another finding is left out. `base` is where the validated value stands. */
export function explain(errors: readonly ErrorObject[], base: readonly Step[]): Finding[] {
  const findings = errors
    .toSorted(byTelling)
    .map((error) => findingOf(error, [...base, ...stepsOf(error.instancePath)]));
  const meant = new Set(findings.flatMap((finding) => (finding.meant ? [pointer(finding.meant)] : [])));
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const place = pointer(finding.path);
    if (seen.has(place) || (finding.code === "MissingField" && meant.has(place))) return false;
    seen.add(place);
    return true;
  });
}

/** What is both too short and of the wrong form is told by its form. */
function byTelling(a: ErrorObject, b: ErrorObject): number {
  return Number(a.keyword === "minLength") - Number(b.keyword === "minLength");
}

export function pointer(path: readonly Step[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** As people write it: `spec.consumers[0].keys`. */
export function dotted(path: readonly Step[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

function stepsOf(instancePath: string): Step[] {
  return instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function findingOf(error: ErrorObject, path: readonly Step[]): Finding {
  const schema = (error.parentSchema ?? {}) as Partial<StructuralSchema>; // verbose is on: it is the schema that refused
  if (error.keyword === "additionalProperties")
    return unknownField(String(error.params.additionalProperty), path, schema);
  if (error.keyword === "required") return missingField(String(error.params.missingProperty), path, schema);
  if (error.keyword.startsWith("x-kubernetes-list")) return repeatedEntry(error, path, schema);
  return { path, part: "value", ...wrongValue(error, path, schema) };
}

function unknownField(field: string, path: readonly Step[], schema: Partial<StructuralSchema>): Finding {
  const known = Object.keys(schema.properties ?? {});
  const near = nearest(field, known);
  const suggestion = didYouMean(field, known) ?? (known.length > 0 ? `known here: ${known.join(", ")}` : undefined);
  return {
    path: [...path, field],
    part: "key",
    code: "UnknownField",
    message: `${dotted(path)} has no field ${field}`,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(near === undefined ? {} : { meant: [...path, near] }),
  };
}

function missingField(field: string, path: readonly Step[], schema: Partial<StructuralSchema>): Finding {
  const example = exampleOf(schema.properties?.[field]);
  return {
    path: [...path, field],
    part: "key",
    code: "MissingField",
    message: `${dotted(path)} needs ${field}`,
    ...(example === undefined ? {} : { suggestion: `for example ${field}: ${example}` }),
  };
}

function repeatedEntry(error: ErrorObject, path: readonly Step[], schema: Partial<StructuralSchema>): Finding {
  const keys = schema["x-kubernetes-list-map-keys"];
  const names = Array.isArray(keys) ? keys.map(String) : [];
  const list: readonly unknown[] = Array.isArray(error.data) ? error.data : [];
  const index = firstRepeated(names.length > 0 ? list.map((item) => mapKey(item, names)) : list) ?? 0;
  const what = names.length > 0 ? `the same ${names.join(" and ")}` : "the same value";
  return {
    path: [...path, index],
    part: "value",
    code: "DuplicateEntry",
    message: `${dotted([...path, index])} has ${what} as an entry before it`,
  };
}

type Words = Pick<Finding, "code" | "message" | "suggestion">;

function wrongValue(error: ErrorObject, path: readonly Step[], schema: Partial<StructuralSchema>): Words {
  const field = dotted(path);
  if (error.keyword === "enum") return unknownValue(error, field);
  const example = exampleOf(schema);
  const hint = example === undefined ? {} : { suggestion: `for example ${example}` };
  if (error.keyword === "type") return { code: "WrongType", message: wrongType(error, field), ...hint };
  if (error.keyword === "pattern")
    return { code: "InvalidValue", message: `${field} does not match ${String(error.params.pattern)}`, ...hint };
  if (error.keyword === "format")
    return { code: "InvalidValue", message: `${field} is no ${String(error.params.format)}`, ...hint };
  return { code: "OutOfBounds", message: `${field} ${error.message ?? "is out of bounds"}`, ...hint };
}

function unknownValue(error: ErrorObject, field: string): Words {
  const allowed: readonly unknown[] = Array.isArray(error.params.allowedValues) ? error.params.allowedValues : [];
  const names = allowed.map(String);
  const near = typeof error.data === "string" ? didYouMean(error.data, names) : undefined;
  return {
    code: "UnknownValue",
    message: `${field} must be one of ${names.join(", ")}`,
    ...(near === undefined ? {} : { suggestion: near }),
  };
}

const ARTICLES: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

function wrongType(error: ErrorObject, field: string): string {
  const wanted = ARTICLES[String(error.params.type)] ?? String(error.params.type);
  if (error.data === null) return `${field} is empty: it must be ${wanted}`;
  const quote = error.params.type === "string" && typeof error.data !== "object" ? "; put it in quotes" : "";
  return `${field} must be ${wanted}${quote}`;
}

/** The example that each field's description ends with. */
function exampleOf(schema: Partial<StructuralSchema> | undefined): string | undefined {
  return /Example: `(.+)`\.$/.exec(schema?.description ?? "")?.[1];
}
