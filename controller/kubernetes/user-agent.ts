import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** Name and version of the package that this file is part of, as the API server's audit log shows them. */
export function ownAgent(): string {
  const path = findPackageJSON(import.meta.url);
  const own: unknown = path === undefined ? {} : JSON.parse(readFileSync(path, "utf8"));
  const { name, version } = typeof own === "object" && own !== null ? (own as Record<string, unknown>) : {};
  return `${typeof name === "string" ? name : "unknown"}/${typeof version === "string" ? version : "unknown"}`;
}
