/** The schemas of a group's kinds as the API server serves them: everybody whom it knows may read them. */
import type { ApiClient } from "./client.ts";
import { isRecord } from "./object.ts";
import type { Shape } from "./schema-fit.ts";

export interface ServedSchemas {
  /** Another one whenever anything in them is another. */
  readonly version: string;
  readonly byKind: ReadonlyMap<string, Shape>;
}

/**
 * Undefined where the group is not served; `known` itself where nothing has changed since, which costs one small answer. The API server
 * takes seconds to publish what was just applied. Throws an ApiError.
 */
export async function readServedSchemas(
  client: Pick<ApiClient, "send">,
  { group, version }: { readonly group: string; readonly version: string },
  known: ServedSchemas | undefined,
  signal: AbortSignal,
): Promise<ServedSchemas | undefined> {
  const ask: Ask = async (path) => client.send({ method: "GET", path }, signal);
  const url = at(await ask("/openapi/v3"), "paths", `apis/${group}/${version}`, "serverRelativeURL");
  if (typeof url !== "string") return undefined;
  if (url === known?.version) return known;
  const served = await readServedKinds(ask, { group, version });
  return { version: url, byKind: new Map([...served].map(([kind, schema]) => [kind, shapeOf(schema)])) };
}

/** Answers what stands at a path of the API server, or throws an ApiError. */
export type Ask = (path: string) => Promise<unknown>;

/** The whole schemas by kind, descriptions and rules included. Throws an ApiError: 404 where the group is not served. */
export async function readServedKinds(
  ask: Ask,
  { group, version }: { readonly group: string; readonly version: string },
): Promise<ReadonlyMap<string, unknown>> {
  const schemas = at(await ask(`/openapi/v3/apis/${group}/${version}`), "components", "schemas");
  const found = isRecord(schemas) ? Object.values(schemas) : [];
  return new Map(found.flatMap((schema) => kindsIn(schema, group, version)));
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => (isRecord(found) ? found[name] : undefined), value);
}

function kindsIn(schema: unknown, group: string, version: string): [string, unknown][] {
  const named = isRecord(schema) ? schema["x-kubernetes-group-version-kind"] : undefined;
  if (!Array.isArray(named)) return [];
  return named.flatMap((name: unknown): [string, unknown][] => {
    if (!isRecord(name) || name["group"] !== group || name["version"] !== version) return [];
    return typeof name["kind"] === "string" ? [[name["kind"], schema]] : [];
  });
}

/** What is no schema where one should be has no fields. */
function shapeOf(value: unknown): Shape {
  if (!isRecord(value)) return {};
  const { properties, items, additionalProperties: more } = value;
  return {
    ...(isRecord(properties) && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, shapeOf(each)])),
    }),
    ...(isRecord(items) && { items: shapeOf(items) }),
    ...(more === undefined ? {} : { additionalProperties: isRecord(more) ? shapeOf(more) : more === true }),
    ...(value["x-kubernetes-preserve-unknown-fields"] === true && { "x-kubernetes-preserve-unknown-fields": true }),
  };
}
