/** Values as the ledger's server keeps and shows them. */

/** Milliseconds since 1970, exact to a microsecond as the server keeps them; infinite where the ledger says so. */
export type Moment = number;

/** `at + ms * interval '1 millisecond'`. */
export function later(at: Moment, ms: number): Moment {
  return Math.round((at + ms) * 1_000) / 1_000;
}

/** A time as text, as it comes in. */
export function momentOf(text: string): Moment {
  if (text === "infinity") return Infinity;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Refused("22007", `invalid input syntax for type timestamp with time zone: "${text}"`);
  return at;
}

/** A `timestamptz` column as the driver gives it: an infinite one is a number. */
export function dateOf(at: Moment): Date | number {
  return Number.isFinite(at) ? new Date(at) : at;
}

/** What `velvet.instant` makes of it: milliseconds, cut off. */
export function instant(at: Moment): string | null {
  return Number.isFinite(at) ? new Date(at).toISOString() : null;
}

/** A time within JSON. */
export function jsonTime(at: Moment): string {
  if (!Number.isFinite(at)) return at > 0 ? "infinity" : "-infinity";
  const seconds = new Date(at).toISOString().slice(0, 19);
  const micros = Math.round((at - Math.floor(at / 1_000) * 1_000) * 1_000);
  const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0").replace(/0+$/, "")}`;
  return `${seconds}${fraction}+00:00`;
}

/** What `sim.ms` makes of it. */
export function msOf(at: Moment | null): number | null {
  return at !== null && Number.isFinite(at) ? at : null;
}

/**
 * Takes over what was just parsed, for nobody else to change: members in the order of a `jsonb`, and everything frozen, so that it is
 * given out without a copy. Whoever tried to change it would break the telling.
 */
export function jsonb<T>(value: T): T {
  // What is frozen was taken over before.
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const item: unknown = value[at];
      if (typeof item === "object") value[at] = jsonb(item);
    }
    return Object.freeze(value);
  }
  return object(value as Record<string, unknown>) as T;
}

function object(value: Record<string, unknown>): Readonly<Record<string, unknown>> {
  const names = Object.keys(value);
  if (!isInOrder(names)) return Object.freeze(sorted(value, names.sort(byLength)));
  for (const name of names) {
    const member = value[name];
    if (typeof member === "object") value[name] = jsonb(member);
  }
  return Object.freeze(value);
}

function sorted(value: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of names) found[name] = jsonb(value[name]);
  return found;
}

function isInOrder(names: readonly string[]): boolean {
  for (let at = 1; at < names.length; at += 1) {
    if (byLength(names[at - 1] ?? "", names[at] ?? "") > 0) return false;
  }
  return true;
}

/** A `jsonb` has its short names first. */
function byLength(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}

export function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What `json_strip_nulls` makes of it: members that are null go, at any depth; items of arrays stay. */
export function stripNulls<T>(value: T): T {
  if (typeof value !== "object" || value === null || !hasNull(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => stripNulls(item)) as T;
  const left = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(left.map(([name, member]) => [name, stripNulls<unknown>(member)])) as T;
}

function hasNull(value: object): boolean {
  for (const member of Object.values(value)) {
    if (member === null && !Array.isArray(value)) return true;
    if (typeof member === "object" && member !== null && hasNull(member)) return true;
  }
  return false;
}

/** As the server encodes ciphertext: lines of 76 letters. */
export function base64Lines(text: string): string {
  const plain = text.replaceAll(/\s/g, "");
  return plain.length <= 76 ? plain : (plain.match(/.{1,76}/g) ?? []).join("\n");
}

/** What the server refuses, with the code that the driver would tell. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;
  readonly constraint: string | undefined;

  constructor(code: string, message: string, constraint?: string) {
    super(message);
    this.code = code;
    this.constraint = constraint;
  }
}

export function unique(isFree: boolean, constraint: string): void {
  if (!isFree) throw new Refused("23505", `duplicate key value violates unique constraint "${constraint}"`, constraint);
}

export function refers(isThere: boolean, constraint: string): void {
  if (!isThere)
    throw new Refused("23503", `insert or update violates foreign key constraint "${constraint}"`, constraint);
}

export function check(isKept: boolean, constraint: string): void {
  if (!isKept) throw new Refused("23514", `new row violates check constraint "${constraint}"`, constraint);
}

/** A JSON number as an integer column takes it. */
export function whole(value: number): number {
  if (Number.isInteger(value)) return value;
  throw new Refused("22P02", `invalid input syntax for type bigint: "${value}"`);
}
