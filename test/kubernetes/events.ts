/** What was told of an object. */
import type { ApiAccess } from "./environment/access.ts";

export interface Told {
  readonly reason: string;
  readonly type: string;
  readonly note: string;
  readonly regarding: { readonly kind: string; readonly name: string };
}

export async function eventsOf(server: ApiAccess, namespace: string, name: string): Promise<Told[]> {
  const text = await server.must(["get", "events.events.k8s.io", "-n", namespace, "-o", "json"]);
  return (JSON.parse(text) as { items: Told[] }).items.filter(({ regarding }) => regarding.name === name);
}
