/**
 * The CRDs as they stand in `crds/`, compiled to check manifests without an API server. Objects are closed in a copy: an API
 * server drops an unknown field with a warning, and here it is a mistake.
 */
import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import { parse } from "yaml";
import type { Kind } from "../../../crds/kinds.gen.ts";
import { celName, RESTART_MESSAGE } from "./block-rules.ts";
import { isInstant } from "./instant.ts";

export const GROUP = "velvet.raxx.app";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

const FILES: Readonly<Record<Kind, string>> = {
  VendorAccount: "vendoraccounts",
  Credential: "credentials",
  RotationRequest: "rotationrequests",
  RotationDecision: "rotationdecisions",
};

export const KINDS: readonly Kind[] = ["VendorAccount", "Credential", "RotationRequest", "RotationDecision"];

export function isKind(text: unknown): text is Kind {
  return KINDS.some((kind) => kind === text);
}

/** A rule as it stands in a CRD. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** A structural schema: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
export interface StructuralSchema {
  readonly type: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: StructuralSchema | false;
  readonly items?: StructuralSchema;
  readonly enum?: readonly string[];
  readonly "x-kubernetes-validations"?: readonly CelRule[];
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly [keyword: string]: unknown;
}

interface CrdFile {
  readonly spec: {
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: StructuralSchema } }];
  };
}

/** What a person writes of a kind, and what Velvet shows of it. */
export interface KindSchema {
  readonly spec: StructuralSchema;
  readonly status: StructuralSchema;
}

const schemas = new Map<Kind, KindSchema>();
const validators = new Map<Kind, ValidateFunction>();

/** As it stands in its CRD. */
export function kindSchema(kind: Kind): KindSchema {
  const known = schemas.get(kind);
  if (known) return known;
  const schema = kindSchemaIn(readFileSync(new URL(`../../../crds/${FILES[kind]}.yaml`, import.meta.url), "utf8"));
  schemas.set(kind, schema);
  return schema;
}

/** The schema of the kind's `spec`, as it stands in its CRD. */
export function specSchema(kind: Kind): StructuralSchema {
  return kindSchema(kind).spec;
}

/** The schema of `spec` in a CRD's text. */
export function specSchemaIn(text: string): StructuralSchema {
  return kindSchemaIn(text).spec;
}

function kindSchemaIn(text: string): KindSchema {
  const crd = parse(text) as CrdFile; // our own file; the tests of crds/ check its shape
  const { spec, status } = crd.spec.versions[0].schema.openAPIV3Schema.properties ?? {};
  if (!spec || !status) throw new Error("the CRD has no spec or no status");
  return { spec, status };
}

/** Checks a `spec` and fills in the schema's defaults in place, as an API server does. Compiled at first use. */
export function specValidator(kind: Kind): ValidateFunction {
  const known = validators.get(kind);
  if (known) return known;
  const validate = compiler().compile(closed(specSchema(kind)));
  validators.set(kind, validate);
  return validate;
}

const sinks = new Map<string, ValidateFunction>();

/** Checks an adapter's sink block, as it stands in a consumer. Undefined where the adapter has none. */
export function sinkValidator(name: string): ValidateFunction | undefined {
  const known = sinks.get(name);
  const schema = specSchema("Credential").properties?.consumers?.items?.properties?.[name];
  if (known || !schema) return known;
  const validate = compiler().compile(closed(schema));
  sinks.set(name, validate);
  return validate;
}

/** The names of the adapters, as the VendorAccount's schema lists them. */
export function adapterNames(): readonly string[] {
  return specSchema("VendorAccount").properties?.adapter?.enum ?? [];
}

/** The adapters that have a block at a place such as `spec.consumers[]`. */
export function adaptersWith(kind: Kind, place: string): readonly string[] {
  const schema = place
    .split(".")
    .slice(1)
    .reduce<StructuralSchema | undefined>((at, step) => {
      const child = at?.properties?.[step.replace("[]", "")];
      return step.endsWith("[]") ? child?.items : child;
    }, specSchema(kind));
  return adapterNames().filter((name) => schema?.properties?.[name] !== undefined);
}

/** The adapters whose block may have a `restart` beside it, as the Credential's own rule names them. */
export function adaptersThatRestart(): readonly string[] {
  const rules = specSchema("Credential").properties?.consumers?.items?.["x-kubernetes-validations"] ?? [];
  const rule = rules.find(({ message }) => message === RESTART_MESSAGE)?.rule ?? "";
  return adapterNames().filter((name) => rule.includes(`has(self.${celName(name)})`));
}

function closed(schema: StructuralSchema): StructuralSchema {
  const { properties, items, additionalProperties } = schema;
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  return {
    ...schema,
    ...(properties && { properties: mapValues(properties, closed) }),
    ...(items && { items: closed(items) }),
    ...(schema.type === "object" &&
      !open && { additionalProperties: additionalProperties ? closed(additionalProperties) : false }),
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function compiler(): Ajv {
  const ajv = new Ajv({ allErrors: true, verbose: true, useDefaults: true });
  for (const keyword of ["x-kubernetes-validations", "x-kubernetes-preserve-unknown-fields"]) ajv.addKeyword(keyword);
  ajv.addKeyword({
    keyword: "x-kubernetes-list-type",
    type: "array",
    validate: (listType: string, list: readonly unknown[]) => listType !== "set" || firstRepeated(list) === undefined,
  });
  ajv.addKeyword({
    keyword: "x-kubernetes-list-map-keys",
    type: "array",
    validate: (keys: readonly string[], list: readonly unknown[]) =>
      firstRepeated(list.map((item) => mapKey(item, keys))) === undefined,
  });
  ajv.addFormat("date-time", isInstant);
  ajv.addFormat("int64", { type: "number", validate: (value: number) => Number.isSafeInteger(value) });
  return ajv;
}

/** Index of the first entry that stands there twice. */
export function firstRepeated(list: readonly unknown[]): number | undefined {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    if (item === undefined) continue;
    const text = JSON.stringify(item);
    if (seen.has(text)) return index;
    seen.add(text);
  }
  return undefined;
}

/** What identifies an entry of a list with keys; nothing where a key is missing, which the schema says by itself. */
export function mapKey(item: unknown, keys: readonly string[]): readonly unknown[] | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const entries = new Map<string, unknown>(Object.entries(item));
  return keys.every((key) => entries.has(key)) ? keys.map((key) => entries.get(key)) : undefined;
}
