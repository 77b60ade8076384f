/**
 * Whether a name in `requestedBy` or `decidedBy` was proven by the API server: only where the chart's admission policies are installed
 * as this version has them. Pure; the caller reads the objects by name.
 */
import { POLICIES } from "./policies.gen.ts";

/** A ValidatingAdmissionPolicy or its binding, as the API server gives it when it is read by name. */
export interface PolicyObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name?: string;
    readonly creationTimestamp?: string | Date;
    readonly deletionTimestamp?: string | Date;
  };
  readonly spec?: unknown;
}

export interface PoliciesFound {
  /** Nothing is missing: a name was proven, unless the object was applied for somebody else. */
  readonly inForce: boolean;
  /**
   * Only of an object that was created after this the name was proven: before, anybody could have typed it. Absent where the policies are
   * not in force, or do not say since when they are there.
   */
  readonly provenFrom?: Date;
  /** One sentence for each object that is not there or not ours, and where it differs. */
  readonly missing: readonly string[];
  /** Field managers of those whom the policies let apply for others: what they own was not proven, whatever else is configured. */
  readonly gitOpsFieldManagers: readonly string[];
}

/** Policies and bindings bear these names, one of each. */
export const POLICY_NAMES: readonly string[] = [...new Set(POLICIES.map(({ name }) => name))];

/**
 * What each installation fills in, by the name of the variable: it is held to a shape, and left out of the comparison.
 * A list of strings or of pairs of strings, as JSON.
 */
const FILLED_IN: Readonly<Record<string, (value: unknown) => boolean>> = {
  controllers: (value) => typeof value === "string" && value !== "",
  gitOps: (value) =>
    isRecord(value) && typeof value["username"] === "string" && typeof value["fieldManager"] === "string",
};

/** What the API server fills in where nothing was said. */
const DEFAULTS: Readonly<Record<string, unknown>> = { failurePolicy: "Fail", matchPolicy: "Equivalent", scope: "*" };

/** Compares what is installed with what this version's chart installs, tolerant of what the API server fills in itself. */
export function policiesInForce(objects: readonly PolicyObject[]): PoliciesFound {
  const missing = POLICIES.flatMap((ours) => {
    const { kind, name } = ours;
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) return [`The ${kind} ${name} is not installed.`];
    if (found.metadata.deletionTimestamp !== undefined) return [`The ${kind} ${name} is being deleted.`];
    const place = difference(comparable(ours.spec), comparable(found.spec), "spec");
    return place === undefined ? [] : [`The ${kind} ${name} differs from this version's chart in ${place}.`];
  });
  const managers = objects.flatMap(({ spec }) => listOf(spec, "gitOps")).filter(isRecord);
  const names = managers.flatMap(({ fieldManager }) => (typeof fieldManager === "string" ? [fieldManager] : []));
  const inForce = missing.length === 0;
  const since = inForce ? provenFrom(objects) : undefined;
  return {
    inForce,
    missing,
    gitOpsFieldManagers: [...new Set(names)],
    ...(since === undefined ? {} : { provenFrom: since }),
  };
}

/** The API server heeds a policy some time after it was written: in seconds, as measured; a minute leaves room. */
const HEEDED_WITHIN_MS = 60_000;

function provenFrom(objects: readonly PolicyObject[]): Date | undefined {
  const ours = objects.filter(({ metadata }) => POLICY_NAMES.includes(metadata.name ?? ""));
  const newest = Math.max(...ours.map(({ metadata }) => new Date(metadata.creationTimestamp ?? Number.NaN).getTime()));
  return Number.isNaN(newest) ? undefined : new Date(newest + HEEDED_WITHIN_MS);
}

function listOf(spec: unknown, variable: string): readonly unknown[] {
  const variables: unknown = isRecord(spec) ? spec["variables"] : undefined;
  const found: unknown = Array.isArray(variables)
    ? variables.find((one: unknown) => isRecord(one) && one["name"] === variable)
    : undefined;
  const list = isRecord(found) ? parsed(found["expression"]) : undefined;
  return Array.isArray(list) ? list : [];
}

/** Without what is empty or a default, and without what each installation fills in. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isRecord(value)) return value;
  const filled = isFilledIn(value) ? { ...value, expression: "" } : value;
  const entries = Object.entries({ ...filled })
    .filter(([key, inner]) => DEFAULTS[key] !== inner)
    .map(([key, inner]) => [key, comparable(inner)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => !isEmpty(inner)));
}

function isFilledIn({ name, expression }: Readonly<Record<string, unknown>>): boolean {
  const shape = typeof name === "string" ? FILLED_IN[name] : undefined;
  const list = shape === undefined ? undefined : parsed(expression);
  return shape !== undefined && Array.isArray(list) && list.every(shape);
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** The first place where two differ, such as `spec.validations[0].expression`. */
function difference(ours: unknown, theirs: unknown, path: string): string | undefined {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    if (ours.length !== theirs.length) return path;
    return first(ours.keys(), (index) => difference(ours[index], theirs[index], `${path}[${index}]`));
  }
  if (isRecord(ours) && isRecord(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return first(keys, (key) => difference(ours[key], theirs[key], `${path}.${key}`));
  }
  return ours === theirs ? undefined : path;
}

function first<K>(keys: Iterable<K>, look: (key: K) => string | undefined): string | undefined {
  for (const key of keys) {
    const found = look(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
