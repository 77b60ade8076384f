/** The JSON object in a secret: owned members are changed, and all others stay as they are spelled, large numbers included. */
import { Secret } from "../secret.ts";

export type Members = ReadonlyMap<string, unknown>;

/** A number as it is written there: parsed and printed again it could become another one. */
class Spelled {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** Undefined where it is no JSON object. A secret that is missing or empty is an object without members. */
export function readMembers(text: Secret | undefined): Members | undefined {
  if (text === undefined || text.isEmpty) return new Map();
  try {
    const parsed: unknown = JSON.parse(text.reveal(), spelled);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    return parsed instanceof Spelled ? undefined : new Map(Object.entries(parsed));
  } catch {
    return undefined;
  }
}

function spelled(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && source !== undefined && source !== String(value) ? new Spelled(source) : value;
}

/** Undefined where there is none, or where it is an object or a list, which is not one of ours. */
export function textOf(members: Members, key: string): string | undefined {
  const value = members.get(key);
  if (value instanceof Spelled) return value.source;
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function isNested(members: Members, key: string): boolean {
  const value = members.get(key);
  return typeof value === "object" && value !== null && !(value instanceof Spelled);
}

/** `null` removes. The order of the others stays. Equal where nothing changes. */
export function edited(members: Members, changes: Readonly<Record<string, Secret | null>>): Members {
  const next = new Map(members);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) next.delete(key);
    else next.set(key, value.reveal());
  }
  return next;
}

export function isSame(one: Members, other: Members): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.has(key) && other.get(key) === value);
}

export function printMembers(members: Members): Secret {
  const lines = [...members].map(([key, value]) => `${JSON.stringify(key)}:${printed(value)}`);
  return Secret.from(`{${lines.join(",")}}`);
}

function printed(value: unknown): string {
  if (value instanceof Spelled) return value.source;
  if (Array.isArray(value)) return `[${value.map(printed).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${printed(inner)}`)
    .join(",")}}`;
}
