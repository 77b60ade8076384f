/** Reads answers without trusting their form. Pure. */

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function itemsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

export function textAt(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

export function countAt(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : 0;
}

/** Text values only. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsOf(value));
  return Object.fromEntries(entries.flatMap(([name, text]) => (typeof text === "string" ? [[name, text]] : [])));
}

export interface Claim {
  readonly owner: string;
  readonly operation: string;
  readonly subresource: string | undefined;
  readonly time: string;
  readonly fields: Fields;
}

/** `metadata.managedFields[]`: who owns which field. */
export function claimsOf(metadata: Fields): readonly Claim[] {
  return itemsOf(metadata["managedFields"]).map((entry) => ({
    owner: textAt(entry, "manager") ?? "",
    operation: textAt(entry, "operation") ?? "",
    subresource: textAt(entry, "subresource"),
    time: textAt(entry, "time") ?? "",
    fields: fieldsOf(entry["fieldsV1"]),
  }));
}

/** Without a time they would be sorted first. */
export function newestOf(claims: readonly Claim[]): Claim | undefined {
  return claims.toSorted((one, other) => (one.time < other.time ? 1 : -1))[0];
}
