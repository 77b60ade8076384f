/** Whether a kind as the API server serves it has the fields that somebody wants to write, and what is left without the others. Pure. */
import { isRecord } from "./object.ts";

/** As much of a structural schema as is compared. */
export interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly additionalProperties?: Shape | boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

/** `spec`, `spec.consumers[].wave`: the fields of `wanted` that `served` does not have; of those within one that is lacking, none. */
export function lackingFields(wanted: Shape, served: Shape | undefined, path = ""): string[] {
  if (served === undefined) return [path];
  if (isOpen(served)) return [];
  const named = Object.entries(wanted.properties ?? {}).flatMap(([name, shape]) =>
    lackingFields(shape, fieldOf(served, name), path === "" ? name : `${path}.${name}`),
  );
  const listed = wanted.items === undefined ? [] : lackingFields(wanted.items, served.items, `${path}[]`);
  return [...named, ...listed];
}

/** The value without what the kind has no fields for. */
export function fitted(value: unknown, served: Shape): unknown {
  if (isOpen(served)) return value;
  if (Array.isArray(value)) {
    const { items } = served;
    return items === undefined ? value : value.map((item: unknown) => fitted(item, items));
  }
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const shape = fieldOf(served, name);
    return shape === undefined ? [] : [[name, fitted(field, shape)]];
  });
  return Object.fromEntries(kept);
}

function fieldOf({ properties, additionalProperties }: Shape, name: string): Shape | undefined {
  const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (own !== undefined || additionalProperties === undefined || additionalProperties === false) return own;
  return additionalProperties === true ? { "x-kubernetes-preserve-unknown-fields": true } : additionalProperties;
}

function isOpen(shape: Shape): boolean {
  return shape["x-kubernetes-preserve-unknown-fields"] === true;
}
