import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** Of the package that this file is part of, in a checkout as when installed. */
export function ownVersion(): string {
  const path = findPackageJSON(import.meta.url);
  const own: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, "utf8"));
  const version = typeof own === "object" && own !== null && "version" in own ? own.version : undefined;
  return typeof version === "string" ? version : "unknown";
}
