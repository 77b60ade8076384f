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
/** About twenty seconds. */
const MOST_REFUSALS = 8;

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
  let held = await look(cluster, resource, query);
  let failures = 0;
  for (;;) {
    yield held.objects;
    if (signal.aborted) return;
    try {
      for await (const objects of changes(cluster, resource, query, held, signal)) {
        failures = 0;
        yield objects;
      }
      // Whoever ends a watch at once is not asked without a rest.
      await after(FIRST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) held = await look(cluster, resource, query);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (!isMended(error, failures)) throw error;
      await after(pauseOf(failures), undefined, { signal }).catch(() => undefined);
      held = (await lookAgain(cluster, resource, query)) ?? held;
    }
  }
}

function pauseOf(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}

/**
 * Whether waiting may mend it. An API server that has just started refuses for a moment what it will allow once it has read its roles, so
 * a refusal counts only when it lasts.
 */
function isMended(error: unknown, failures: number): boolean {
  if (!isApiError(error)) return false;
  const { status } = error;
  if (status === 401 || status === 403) return failures <= MOST_REFUSALS;
  return status === undefined || status >= 500 || status === 410 || status === 429;
}

interface Held {
  readonly objects: Map<string, ApiObject>;
  readonly version: string;
}

async function look(cluster: OpenCluster, resource: Resource, query: ListQuery): Promise<Held> {
  const { objects, version } = await list(cluster, resource, query);
  return { objects: new Map(objects.map((object) => [keyOf(object), object])), version };
}

/** Undefined where it fails again: the watch that comes next finds out why. */
async function lookAgain(cluster: OpenCluster, resource: Resource, query: ListQuery): Promise<Held | undefined> {
  try {
    return await look(cluster, resource, query);
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
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
