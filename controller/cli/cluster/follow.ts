/** Objects of one kind, followed by one watch that is begun again whenever it breaks. */
import { setTimeout as after } from "node:timers/promises";
import type { WatchEvent } from "../../kubernetes/client.ts";
import { isApiError } from "../../kubernetes/error.ts";
import { type ApiObject, keyOf } from "../../kubernetes/object.ts";
import { pathOf, type Resource } from "../../kubernetes/resource.ts";
import { list, type ListQuery } from "./resources.ts";
import type { OpenCluster } from "./open.ts";

/** Silence is broken this often, so that whoever listens can say that nothing has changed. */
const TICK_MS = 5_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

export type Objects = ReadonlyMap<string, ApiObject>;

/**
 * All of them at once, then after each change and at each tick, until the signal aborts. A first look that fails is thrown; later, an API
 * server that is away is waited for, and only what no waiting mends is thrown.
 */
export async function* follow(
  cluster: OpenCluster,
  resource: Resource,
  query: ListQuery,
  signal: AbortSignal,
): AsyncGenerator<Objects> {
  let pauseMs = FIRST_PAUSE_MS;
  let held = await look(cluster, resource, query);
  for (;;) {
    yield held.objects;
    if (signal.aborted) return;
    try {
      for await (const objects of changes(cluster, resource, query, held, signal)) {
        pauseMs = FIRST_PAUSE_MS;
        yield objects;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isApiError(error) || isLasting(error.status)) throw error;
    }
    if (signal.aborted) return;
    await after(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    held = (await lookAgain(cluster, resource, query, signal)) ?? held;
  }
}

interface Held {
  readonly objects: Map<string, ApiObject>;
  readonly version: string;
}

async function look(cluster: OpenCluster, resource: Resource, query: ListQuery): Promise<Held> {
  const { objects, version } = await list(cluster, resource, query);
  return { objects: new Map(objects.map((object) => [keyOf(object), object])), version };
}

/** Undefined: the API server is away. */
async function lookAgain(
  cluster: OpenCluster,
  resource: Resource,
  query: ListQuery,
  signal: AbortSignal,
): Promise<Held | undefined> {
  try {
    return await look(cluster, resource, query);
  } catch (error) {
    if (signal.aborted || (isApiError(error) && !isLasting(error.status))) return undefined;
    throw error;
  }
}

/** What is not mended by waiting: the person's own rights, and what was asked. */
function isLasting(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 410 && status !== 429;
}

/** The same map, each time something in it has changed, and at each tick. Ends with the watch. */
async function* changes(
  { client }: OpenCluster,
  resource: Resource,
  { namespace, fieldSelector }: ListQuery,
  { objects, version }: Held,
  signal: AbortSignal,
): AsyncGenerator<Objects> {
  const query = { resourceVersion: version, allowWatchBookmarks: "true", fieldSelector };
  // Its own signal: a watch that waits for its next event ends by nothing else.
  const leaving = new AbortController();
  const request = { method: "GET", path: pathOf(resource, { namespace }), query } as const;
  const events = client.watch(request, AbortSignal.any([signal, leaving.signal]))[Symbol.asyncIterator]();
  let next = events.next();
  try {
    while (!signal.aborted) {
      const tick = new AbortController();
      const event = await Promise.race([
        next,
        after(TICK_MS, undefined, { signal: tick.signal }).catch(() => undefined),
      ]);
      tick.abort();
      if (event?.done === true) return;
      if (event) next = events.next();
      if (event === undefined || isChange(objects, event.value)) yield objects;
    }
  } finally {
    leaving.abort();
    await next.catch(() => undefined);
  }
}

/** Puts it into the map. False for what only says how far the watch is. Throws what ends the watch. */
function isChange(objects: Map<string, ApiObject>, { type, object }: WatchEvent): boolean {
  if (type === "ERROR") throw object;
  if (type === "BOOKMARK") return false;
  if (type === "DELETED") objects.delete(keyOf(object));
  else objects.set(keyOf(object), object);
  return true;
}
