/** What every object of the API has. `spec` and `status` are whatever the kind says: the one who knows the kind parses them. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  /** Another one for an object that was deleted and created again under its name. */
  readonly uid: string;
  /** To be handed back, and compared for equality; never a number. */
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFields[];
  readonly deletionTimestamp?: string;
  readonly creationTimestamp?: string;
}

export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsV1?: unknown;
}

/** `namespace/name`, or `name` for what has no namespace. No name holds a slash, so that no two objects of a kind share a key. */
export function keyOf(object: Pick<ApiObject, "metadata">): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** What an item of a list must have; its kind and version stand on the list and not always on the item. */
function isItem(value: unknown): value is Omit<ApiObject, "kind" | "apiVersion"> {
  if (!isRecord(value) || !isRecord(value["metadata"])) return false;
  const { name, uid, resourceVersion, namespace } = value["metadata"];
  const placed = namespace === undefined || isFilled(namespace);
  return placed && isFilled(name) && isFilled(uid) && isFilled(resourceVersion);
}

/** The item as an object, with the list's kind and version where it has none; undefined when it is none. */
export function objectOf(
  value: unknown,
  of: { readonly kind: string; readonly apiVersion: string },
): ApiObject | undefined {
  if (!isItem(value)) return undefined;
  return { ...of, ...value };
}
