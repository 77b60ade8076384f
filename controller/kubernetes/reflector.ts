import type { ApiClient } from "./client.ts";
import type { ApiObject } from "./object.ts";
import { keyOf } from "./object.ts";
import type { Resource } from "./resource.ts";
import { apiVersionOf, pathOf } from "./resource.ts";
export interface Change {
  readonly key: string;
  readonly object: ApiObject | undefined;
  readonly uid: string;
}
export interface ReflectorOptions {
  client: ApiClient;
  resource: Resource;
  namespace?: string;
  apply(changes: readonly Change[], whole: boolean): Promise<void>;
  clock: unknown;
  random: () => number;
  signal: AbortSignal;
  onTrouble(error: unknown): void;
}
export function startReflector(o: ReflectorOptions): { done: Promise<void> } {
  const known = new Map<string, string>();
  const path = pathOf(o.resource, o.namespace === undefined ? {} : { namespace: o.namespace });
  const run = async () => {
    while (!o.signal.aborted) {
      try {
        const list = await o.client.send<{ metadata: { resourceVersion: string }; items: ApiObject[] }>(
          { method: "GET", path },
          o.signal,
        );
        const items = list.items.map((x) => ({ ...x, kind: o.resource.kind, apiVersion: apiVersionOf(o.resource) }));
        const keys = new Set(items.map(keyOf));
        const gone = [...known].filter(([k]) => !keys.has(k)).map(([key, uid]) => ({ key, uid, object: undefined }));
        await o.apply(
          [...gone, ...items.map((object) => ({ key: keyOf(object), uid: object.metadata.uid, object }))],
          true,
        );
        known.clear();
        for (const x of items) known.set(keyOf(x), x.metadata.uid);
        for await (const e of o.client.watch(
          { method: "GET", path, query: { resourceVersion: list.metadata.resourceVersion, timeoutSeconds: "300" } },
          o.signal,
        )) {
          if (e.type === "BOOKMARK") continue;
          if (e.type === "ERROR") break;
          const object = e.object as ApiObject;
          const key = keyOf(object);
          known.set(key, object.metadata.uid);
          await o.apply([{ key, uid: object.metadata.uid, object: e.type === "DELETED" ? undefined : object }], false);
          if (e.type === "DELETED") known.delete(key);
        }
      } catch (error) {
        if (!o.signal.aborted) {
          o.onTrouble(error);
          await new Promise((r) => setTimeout(r, 500));
        }
      }
    }
  };
  return { done: run() };
}
