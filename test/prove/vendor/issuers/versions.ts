/** One credential that the vendor keeps under one name, in numbered versions: what the last three classes share. */
import { existing, liveKeys } from "./issuer.ts";
import type { Key, Truth } from "../truth.ts";
import { fieldsOf, isPublic } from "../shape.ts";

export function versionId(name: string, version: number): string {
  return `${name}@${version}`;
}

export function versionOf(key: Key): number {
  return Number(key.id.slice(key.id.lastIndexOf("@") + 1));
}

/** Newest first; those that have ended by themselves are gone from the list. */
export function versions(truth: Truth): readonly Key[] {
  const now = truth.now();
  return liveKeys(truth)
    .filter((key) => key.endsAt === undefined || key.endsAt > now)
    .sort((a, b) => versionOf(b) - versionOf(a));
}

export function newest(truth: Truth): Key | undefined {
  return versions(truth)[0];
}

/** The next version. The name is the public part of the value, and stays. */
export function addVersion(truth: Truth, name: string, ours: boolean, at?: { acceptedFrom: number }): Key {
  const last = Math.max(0, ...[...truth.keys.values()].map(versionOf));
  const fields = fieldsOf(truth.setup).map((field) => [field, isPublic(field) ? name : truth.canary()]);
  return truth.add({ id: versionId(name, last + 1), value: Object.fromEntries(fields), ours, ...at });
}

/** The vendor will end this one then, and says so. At once where that is not ahead. */
export function endAt(truth: Truth, key: Key, at: number): void {
  key.endsAt = at;
  truth.at(Math.max(at, truth.now()), () => {
    // The date may have been moved since.
    if (key.endsAt === at && existing(truth, key.id)) truth.look("vendor.ended", key.id);
  });
}
