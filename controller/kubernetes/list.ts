import type { ApiClient } from "./client.ts";
import { unreadable } from "./faults.ts";
import { isRecord, keyOf, objectOf } from "./object.ts";
import type { ApiObject } from "./object.ts";
import { apiVersionOf, pathOf } from "./resource.ts";
import type { Resource } from "./resource.ts";

export interface Scope {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export interface Page {
  readonly objects: ReadonlyMap<string, ApiObject>;
  /** The moment that the page shows. */
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

/** One page of at most `limit` objects, from the beginning or from where the page before ended. Throws an ApiError. */
export async function readPage(
  client: ApiClient,
  scope: Scope,
  limit: number,
  from: string | undefined,
  signal: AbortSignal,
): Promise<Page> {
  const { resource, namespace, labelSelector } = scope;
  const asked = { method: "GET", path: pathOf(resource, { namespace }) } as const;
  const query = { limit: String(limit), labelSelector, continue: from };
  const list: unknown = await client.send({ ...asked, query }, signal);
  signal.throwIfAborted();
  const { metadata, items } = isRecord(list) ? list : {};
  const { resourceVersion, continue: next } = isRecord(metadata) ? metadata : {};
  // A list without items is null where nothing was ever made.
  if (typeof resourceVersion !== "string" || resourceVersion === "") throw unreadable(asked, undefined);
  if (items !== null && !Array.isArray(items)) throw unreadable(asked, undefined);
  const of = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  const objects = (items ?? []).map((item): [string, ApiObject] => {
    const object = objectOf(item, of);
    if (!object) throw unreadable(asked, undefined);
    return [keyOf(object), object];
  });
  return {
    objects: new Map(objects),
    resourceVersion,
    next: typeof next === "string" && next !== "" ? next : undefined,
  };
}
