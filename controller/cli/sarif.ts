/** Problems of manifests as SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Pure. */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { REASONS } from "../domain/reasons.ts";
import type { Problem } from "../sources/look.ts";
import { printable } from "./output.ts";

/** The rules are all reasons of the catalogue that a manifest can be refused for, so that a rule's number is the same in every run. */
const RULES = Object.entries(REASONS).filter(([, { where }]) => where.includes("manifest"));

/** One run of this `version` of Velvet over manifests. */
export function sarifLog(problems: readonly Problem[], version: string): object {
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "velvet",
            version,
            rules: RULES.map(([id, { meaning, fine, remedy }]) => ({
              id,
              name: id,
              shortDescription: { text: meaning },
              help: { text: `${meaning}\n${fine}\n${remedy}` },
              defaultConfiguration: { level: "error" },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: true }],
        results: problems.map(result),
      },
    ],
  };
}

function result({ path, line, column, code, message, suggestion }: Problem): object {
  const rule = RULES.findIndex(([id]) => id === code);
  const region = line > 0 ? { region: { startLine: line, startColumn: Math.max(column, 1) } } : {};
  const text = suggestion === undefined ? printable(message) : `${printable(message)}\n${printable(suggestion)}`;
  return {
    ruleId: code,
    ...(rule === -1 ? {} : { ruleIndex: rule }),
    level: "error",
    message: { text },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) }, ...region } }],
  };
}

/** Relative paths stay relative to where the command ran, which for code scanning is the repository's root. */
function uriOf(path: string): string {
  if (path === "<stdin>") return "stdin";
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path
    .replace(/^\.\//, "")
    .split("/")
    .map((part) => encodeURIComponent(part))
    .join("/");
}
