import { posix } from "node:path";
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import { dotenv } from "./dotenv.ts";
import type { Format } from "./format.ts";
import { json } from "./json.ts";

/** One file below the account's root. */
export interface Target {
  /** As the manifest has it, for messages. */
  readonly path: string;
  readonly parents: readonly string[];
  readonly name: string;
  readonly format: Format;
  readonly mode: number;
}

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ["dotenv", dotenv],
  ["json", json],
]);

/** The sink's block. Throws `Terminal`: a path must stay below the root as text already, whatever the schema let through. */
export function targetOf(config: unknown, facts: ErrorFacts): Target {
  const { path, format: formatName, mode } = fieldsOf(config);
  const parts = path.split("/");
  const format = FORMATS.get(formatName);
  const name = parts.at(-1);
  if (format === undefined || name === undefined || parts.some((part) => !isName(part))) throw refused(facts);
  return { path, parents: parts.slice(0, -1), name, format, mode: mode === "0640" ? 0o640 : 0o600 };
}

/** For the account's globs: with `.` and `..` worked out, so that a glob judges the file that is meant. */
export function normalPath(config: unknown): string {
  return posix.normalize(fieldsOf(config).path);
}

/** The account's block. */
export function rootOf(config: unknown, facts: ErrorFacts): string {
  const root = textField(config, "root");
  if (!root.startsWith("/") || root.includes("\0")) {
    throw new Terminal(
      {
        reason: "RootInvalid",
        message: "The account's root is no absolute path.",
        remedy: "Correct the VendorAccount.",
      },
      facts,
    );
  }
  return root;
}

function fieldsOf(config: unknown) {
  const mode = textField(config, "mode");
  return { path: textField(config, "path"), format: textField(config, "format"), mode };
}

function textField(config: unknown, name: string): string {
  const found = Object.entries(config ?? {}).find(([key]) => key === name)?.[1] as unknown;
  return typeof found === "string" ? found : "";
}

/** No separator tricks, and none of the names that the adapter makes itself. */
function isName(part: string): boolean {
  return part !== "" && part !== "." && part !== ".." && !/[\0\\]|\.velvet-(lock|tmp)/.test(part);
}

function refused(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "PathInvalid",
      message: "The path is not one below the account's root, or the format is unknown.",
      remedy: "Correct `path` and `format` in the manifest; a path has neither `..` nor a leading slash.",
    },
    facts,
  );
}
