/** Where the API server keeps a kind of objects. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface At {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

export function apiVersionOf(resource: Pick<Resource, "group" | "version">): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/**
 * The encoded path of a resource, of one of its objects, or of a subresource. A namespaced resource without a namespace is all
 * namespaces, and has no single object. Throws a RangeError for what can be no path: no name can lead out of its place.
 */
export function pathOf(resource: Resource, at: At = {}): string {
  const { namespace, name, subresource } = at;
  checkPlace(resource, at);
  const root = resource.group === "" ? ["api"] : ["apis", resource.group];
  const place = namespace === undefined ? [] : ["namespaces", namespace];
  const rest = [name, subresource].filter((part) => part !== undefined);
  return [...root, resource.version, ...place, resource.plural, ...rest].map((part) => `/${segment(part)}`).join("");
}

function checkPlace(resource: Resource, { namespace, name, subresource }: At): void {
  if (namespace !== undefined && !resource.namespaced) throw new RangeError(`${resource.plural} have no namespace`);
  if (name !== undefined && resource.namespaced && namespace === undefined) {
    throw new RangeError(`one of ${resource.plural} is named without its namespace`);
  }
  if (subresource !== undefined && name === undefined) throw new RangeError("a subresource belongs to a named object");
}

function segment(text: string): string {
  if (text === "" || text === "." || text === "..") throw new RangeError(`"${text}" can be no part of a path`);
  return encodeURIComponent(text);
}
