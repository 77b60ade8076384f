import { posix } from "node:path";
import type { FileAccount, FileSink } from "../../crds/kinds.gen.ts";
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

const FORMATS: Readonly<Record<FileSink["format"], Format>> = { dotenv, json };

/** Throws `Terminal`: a path must stay below the root as text already, whatever a schema let through. */
export function targetOf(block: FileSink, facts: ErrorFacts): Target {
  const parts = block.path.split("/");
  const name = parts.at(-1);
  if (name === undefined || parts.some((part) => !isName(part))) throw refused(facts);
  const mode = block.mode === "0640" ? 0o640 : 0o600;
  return { path: block.path, parents: parts.slice(0, -1), name, format: FORMATS[block.format], mode };
}

/** For the account's globs: with `.` and `..` worked out, so that a glob judges the file that is meant. */
export function normalPath(block: FileSink): string {
  return posix.normalize(block.path);
}

export function rootOf(account: FileAccount, facts: ErrorFacts): string {
  if (account.root.startsWith("/") && !account.root.includes("\0")) return account.root;
  const message = "The account's root is no absolute path.";
  throw new Terminal({ reason: "RootInvalid", message, remedy: "Correct the VendorAccount." }, facts);
}

/** No separator tricks, and none of the names that the adapter makes itself. */
function isName(part: string): boolean {
  return part !== "" && part !== "." && part !== ".." && !/[\0\\]|\.velvet-(lock|tmp)/.test(part);
}

function refused(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "PathInvalid",
      message: "The path is not one below the account's root.",
      remedy: "Correct `path` in the manifest; it has neither `..` nor a leading slash.",
    },
    facts,
  );
}
