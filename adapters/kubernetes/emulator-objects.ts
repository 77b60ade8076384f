/** Objects as an API server keeps them: versions, and who owns which field. Written from the rules of server-side apply. */
import type { Reply } from "../emulator/emulator.ts";

/** `data/API_KEY`, `annotations/a.example/b`. */
type Field = string;

export interface Ownership {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly fields: Set<Field>;
  time: string;
}

export interface Stored {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  version: number;
  generation: number;
  readonly values: Map<Field, string>;
  owners: Ownership[];
}

export interface Writing {
  readonly manager: string;
  readonly now: number;
  /** Of the whole cluster. */
  readonly nextVersion: () => number;
}

export interface Application extends Writing {
  readonly force: boolean;
  readonly fields: ReadonlyMap<Field, string>;
}

/** What an apply comes to. A Reply is a refusal, before anything has changed. */
export function applied(object: Stored, { manager, force, fields, now, nextVersion }: Application): Reply | undefined {
  const own = ownershipOf(object, manager, "Apply");
  const conflicts = object.owners
    .filter((other) => other !== own)
    .flatMap((other) =>
      [...fields].flatMap(([field, text]) => {
        return other.fields.has(field) && object.values.get(field) !== text ? [{ other, field }] : [];
      }),
    );
  if (conflicts.length > 0 && !force) return conflict(conflicts);
  const before = snapshot(object);
  for (const { other, field } of conflicts) other.fields.delete(field);
  for (const field of own.fields) {
    const shared = object.owners.some((other) => other !== own && other.fields.has(field));
    if (!fields.has(field) && !shared) object.values.delete(field);
  }
  own.fields.clear();
  for (const [field, text] of fields) {
    own.fields.add(field);
    object.values.set(field, text);
  }
  finish(object, own, { before, now, nextVersion });
  return undefined;
}

/** A write that takes what it changes from everybody. `undefined` removes. */
export function updated(object: Stored, writing: Writing, changes: ReadonlyMap<Field, string | undefined>): void {
  const own = ownershipOf(object, writing.manager, "Update");
  const before = snapshot(object);
  for (const [field, text] of changes) {
    if (object.values.get(field) === text) continue;
    for (const other of object.owners) other.fields.delete(field);
    if (text === undefined) object.values.delete(field);
    else {
      object.values.set(field, text);
      own.fields.add(field);
    }
  }
  finish(object, own, { before, ...writing });
}

function ownershipOf(object: Stored, manager: string, operation: Ownership["operation"]): Ownership {
  const found = object.owners.find((each) => each.manager === manager && each.operation === operation);
  if (found) return found;
  const made = { manager, operation, fields: new Set<Field>(), time: "" };
  object.owners.push(made);
  return made;
}

function snapshot({ values, owners }: Stored): string {
  const held = owners.filter(({ fields }) => fields.size > 0);
  const texts = [...values].map((entry) => JSON.stringify(entry));
  const claims = held.flatMap(({ manager, operation, fields }) =>
    [...fields].map((field) => JSON.stringify([manager, operation, field])),
  );
  return JSON.stringify([texts.toSorted(), claims.toSorted()]);
}

interface Finish {
  readonly before: string;
  readonly now: number;
  readonly nextVersion: () => number;
}

/** The same again is no new version. */
function finish(object: Stored, own: Ownership, { before, now, nextVersion }: Finish): void {
  object.owners = object.owners.filter(({ fields }) => fields.size > 0);
  if (snapshot(object) === before) return;
  own.time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  object.version = nextVersion();
}

function conflict(conflicts: readonly { readonly other: Ownership; readonly field: Field }[]): Reply {
  const causes = conflicts.map(({ other, field }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with "${other.manager}"${other.operation === "Update" ? " using v1" : ""}`,
    field: `.${field.replace("/", ".")}`,
  }));
  return status(409, "Conflict", `Apply failed with ${causes.length} conflict`, { causes });
}

export function status(code: number, reason: string, message: string, details?: object): Reply {
  return {
    status: code,
    body: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason,
      code,
      ...(details ? { details } : {}),
    },
  };
}

/** `metadata` as it is shown; `prefix` leads to where annotations stand. */
export function metadataOf(object: Stored, prefix: readonly string[] = ["f:metadata"]): Record<string, unknown> {
  return {
    name: object.name,
    namespace: object.namespace,
    uid: object.uid,
    resourceVersion: String(object.version),
    managedFields: object.owners.map(({ manager, operation, fields, time }) => ({
      manager,
      operation,
      apiVersion: "v1",
      time,
      fieldsType: "FieldsV1",
      fieldsV1: shownFields(fields, prefix),
    })),
  };
}

function shownFields(fields: ReadonlySet<Field>, prefix: readonly string[]): object {
  const under = (group: string) =>
    Object.fromEntries(
      [...fields]
        .filter((field) => field.startsWith(`${group}/`))
        .map((field) => [`f:${field.slice(group.length + 1)}`, {}]),
    );
  const [data, annotations] = [under("data"), under("annotations")];
  const nested = prefix.reduceRight<object>((inner, step) => ({ [step]: inner }), { "f:annotations": annotations });
  return {
    ...(Object.keys(data).length > 0 ? { "f:data": { ".": {}, ...data } } : {}),
    ...(Object.keys(annotations).length > 0 ? nested : {}),
  };
}

export function groupOf(object: Stored, group: string): Record<string, string> {
  return Object.fromEntries(
    [...object.values].flatMap(([field, text]) =>
      field.startsWith(`${group}/`) ? [[field.slice(group.length + 1), text]] : [],
    ),
  );
}
