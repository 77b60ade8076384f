import type { ApiObject } from "./object.ts";

export interface Change {
  /** `namespace/name`, or `name`. */
  readonly key: string;
  /** undefined: deleted. */
  readonly object: ApiObject | undefined;
  readonly uid: string;
}

/** What is remembered of an object. */
export interface Known {
  readonly uid: string;
  readonly resourceVersion: string;
}

/**
 * What has changed between the state that a consumer knows and the newest one. An object that was deleted and created again is another
 * one: it is deleted, then added. One that came and went unseen is no change.
 */
export function changesOf(key: string, known: Known | undefined, newest: ApiObject | undefined): readonly Change[] {
  const deleted = known && known.uid !== newest?.metadata.uid ? [{ key, object: undefined, uid: known.uid }] : [];
  if (!newest) return deleted;
  const { uid, resourceVersion } = newest.metadata;
  if (known?.uid === uid && known.resourceVersion === resourceVersion) return [];
  return [...deleted, { key, object: newest, uid }];
}

export function remember(known: Map<string, Known>, changes: readonly Change[]): void {
  for (const { key, object, uid } of changes) {
    if (object) known.set(key, { uid, resourceVersion: object.metadata.resourceVersion });
    else known.delete(key);
  }
}
