/** Documents of ours as they were written, with the place of every field: for what somebody else says of them. */
import { fieldsOf, isOurs } from "./envelope.ts";
import { offsetOf } from "./place.ts";
import { plainDocument } from "./plain.ts";
import type { Step } from "./rules.ts";
import { entry, type Position, readTrees, textOf } from "./tree.ts";

export interface PlacedObject {
  /** Where the document begins: as `ParsedDocument` has it. */
  readonly line: number;
  /** As written, without the schema's defaults. */
  readonly fields: ReadonlyMap<string, unknown>;
  /** A path that leads nowhere ends at the deepest field that is there. */
  at(path: readonly Step[], part: "key" | "value"): Position;
}

/** Those that can be read; what is wrong with the others is for `readManifests` to say. */
export function placedObjects(text: string): PlacedObject[] {
  return readTrees(text).trees.flatMap((tree) => {
    const readable = tree.errors.length === 0 && isOurs(textOf(entry(tree.root, "apiVersion")), textOf(entry(tree.root, "kind"))); // prettier-ignore
    const fields = readable ? fieldsOf(plainDocument(tree).value) : undefined;
    if (fields === undefined) return [];
    return [{ line: tree.start.line, fields, at: (path, part) => tree.at(offsetOf(tree.root, path, part)) }];
  });
}
