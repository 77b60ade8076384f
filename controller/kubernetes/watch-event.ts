import type { ApiError } from "./error.ts";
import { refusalOf } from "./error.ts";
import { unreadable } from "./faults.ts";
import type { Asked } from "./faults.ts";
import { isRecord, objectOf } from "./object.ts";
import type { ApiObject } from "./object.ts";

export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: ApiObject }
  /** Nothing happened; everything up to this version was told. */
  | { readonly type: "BOOKMARK"; readonly object: { readonly metadata: { readonly resourceVersion: string } } }
  /** The watch cannot go on: 410 when what it began with is forgotten. */
  | { readonly type: "ERROR"; readonly object: ApiError };

/** One line of a watch. Throws an ApiError for what is no event. */
export function eventOf(value: unknown, asked: Asked): WatchEvent {
  if (!isRecord(value) || !isRecord(value["object"])) throw unreadable(asked, undefined);
  const { type, object } = value;
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, object: whole(object, asked) };
    case "BOOKMARK":
      return { type, object: { metadata: { resourceVersion: versionIn(object, asked) } } };
    case "ERROR":
      return { type, object: refusalOf(object, { ...asked, status: codeIn(object) }) };
    default:
      throw unreadable(asked, undefined);
  }
}

function whole(object: unknown, asked: Asked): ApiObject {
  const { kind, apiVersion } = isRecord(object) ? object : {};
  if (typeof kind !== "string" || typeof apiVersion !== "string") throw unreadable(asked, undefined);
  const found = objectOf(object, { kind, apiVersion });
  if (!found) throw unreadable(asked, undefined);
  return found;
}

function versionIn(object: Readonly<Record<string, unknown>>, asked: Asked): string {
  const version = isRecord(object["metadata"]) ? object["metadata"]["resourceVersion"] : undefined;
  if (typeof version !== "string" || version === "") throw unreadable(asked, undefined);
  return version;
}

function codeIn(object: Readonly<Record<string, unknown>>): number {
  const code = object["code"];
  return typeof code === "number" && Number.isInteger(code) ? code : 500;
}
