/** The names of a kubeconfig's contexts, for whoever types one. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { kubeconfigPaths, type Selection } from "./kubeconfig.ts";
import { isRecord } from "./object.ts";

/** Empty where there is no file that can be read. */
export function contextNames(selection: Selection): string[] {
  const names = kubeconfigPaths(selection).flatMap((path) => {
    const contexts = contextsIn(path);
    return contexts.flatMap((context) => (typeof context["name"] === "string" ? [context["name"]] : []));
  });
  return [...new Set(names)];
}

function contextsIn(path: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const file: unknown = parse(readFileSync(path, "utf8"), { logLevel: "silent" });
    return isRecord(file) && Array.isArray(file["contexts"]) ? file["contexts"].filter(isRecord) : [];
  } catch {
    return [];
  }
}
