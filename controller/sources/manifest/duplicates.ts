import type { Problem } from "../look.ts";
import type { ParsedDocument } from "./read.ts";

export type PlacedDocument = Pick<ParsedDocument, "kind" | "name" | "namespace" | "line"> & { readonly path: string };

/** A problem for each document whose kind, namespace and name another one had before, in the order given. Pure. */
export function findDuplicates(documents: readonly PlacedDocument[]): Problem[] {
  const first = new Map<string, PlacedDocument>();
  const problems: Problem[] = [];
  for (const document of documents) {
    const { kind, namespace = "", name, path, line } = document;
    const identity = JSON.stringify([kind, namespace, name]);
    const before = first.get(identity);
    if (!before) first.set(identity, document);
    else
      problems.push({
        path,
        line,
        column: 1,
        code: "DuplicateName",
        message: `there is a ${kind} ${name} already, at ${before.path}:${before.line}`,
        suggestion: "give one of them another name",
      });
  }
  return problems;
}
