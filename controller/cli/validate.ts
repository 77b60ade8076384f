import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { Command, Option } from "commander";
import { utf8 } from "../sources/git/documents.ts";
import type { Problem } from "../sources/look.ts";
import { findDuplicates, type PlacedDocument } from "../sources/manifest/duplicates.ts";
import { type ManifestContext, readManifests } from "../sources/manifest/read.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { printable } from "./output.ts";

export interface ValidateOptions {
  readonly tree?: "tenant" | "platform";
  readonly environment?: string;
  readonly output: "text" | "json";
}

export interface Verdict {
  readonly files: number;
  readonly documents: readonly PlacedDocument[];
  readonly problems: readonly Problem[];
}

const EXAMPLES = `
Examples:
  velvet validate                                    every manifest below this folder
  velvet validate --tree tenant teams/orders         as a tenant's tree: a VendorAccount is refused
  velvet validate --tree platform platform           as the platform's tree: only VendorAccounts
  velvet validate --environment production -o json   for a program, as in a pull request's check

Exit codes: 0 no problems, 1 problems, 2 nothing was validated.`;

/**
 * `velvet validate`. Needs no ledger and no environment, and writes only with what `configureOutput` was given. Problems go to
 * stdout, like a compiler's. Rejects with `CommandFailure`: exit code 1 where there are problems, 2 where nothing was validated.
 */
export function validateCommand(): Command {
  return new Command("validate")
    .description(
      "check manifests as an API server and the controller would, with file, line and what was probably meant",
    )
    .argument("[paths...]", "files and folders; default: the current folder")
    .addOption(new Option("--tree <tree>", "refuse what may not stand in this tree").choices(["tenant", "platform"]))
    .option("--environment <name>", "refuse Credentials of another environment")
    .addOption(new Option("-o, --output <format>").choices(["text", "json"]).default("text"))
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .action(async (paths: readonly string[], options: ValidateOptions, command: Command) => {
      const output = command.configureOutput();
      const verdict = await validatePaths(paths.length > 0 ? paths : ["."], options);
      const summary = summaryOf(verdict);
      if (options.output === "json") output.writeOut?.(`${JSON.stringify(verdict, undefined, 2)}\n`);
      else output.writeOut?.(problemText(verdict.problems));
      if (verdict.problems.length > 0)
        throw new CommandFailure({ happened: summary, next: "Correct them and run it again; nothing was changed." });
      if (verdict.documents.length === 0)
        throw misuse(summary, "Name a file or folder that holds manifests of velvet.raxx.app/v1alpha1.");
      output.writeErr?.(`${summary}\n`);
    });
}

/** Reads every file once and checks it. Throws `CommandFailure` for a path that is not there. */
export async function validatePaths(
  paths: readonly string[],
  { tree, environment }: Omit<ValidateOptions, "output">,
): Promise<Verdict> {
  const context: ManifestContext = { tree: tree ?? "any", ...(environment === undefined ? {} : { environment }) };
  const files = [...new Set((await Promise.all(paths.map(filesAt))).flat())].sort();
  const documents: PlacedDocument[] = [];
  const problems: Problem[] = [];
  for (const path of files) {
    const found = check(path, await readFile(path), context);
    documents.push(...found.documents);
    problems.push(...found.problems);
  }
  problems.push(...findDuplicates(documents.map(placed)));
  return { files: files.length, documents, problems };
}

function check(path: string, bytes: Buffer, context: ManifestContext): Omit<Verdict, "files"> {
  const text = utf8(bytes);
  if (text === undefined) {
    const message = "the file is not UTF-8 text";
    return { documents: [], problems: [{ path, line: 0, column: 0, code: "NotUtf8", message }] };
  }
  const { documents, problems } = readManifests({ path, text }, context);
  return { documents: documents.map(({ spec: _spec, ...document }) => ({ ...document, path })), problems };
}

/**
 * The namespace of a manifest in git comes from its path, and which path has which is the operator's to say. Here each folder
 * counts as one, so that two teams may use one name.
 */
function placed(document: PlacedDocument): PlacedDocument {
  if (document.kind === "VendorAccount") return document;
  return { ...document, namespace: document.namespace ?? `folder ${dirname(document.path)}` };
}

const EXTENSIONS: ReadonlySet<string> = new Set([".yaml", ".yml", ".json"]);

/** A file itself, whatever its name; of a folder every manifest below it. Links, hidden folders and node_modules are left out. */
async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw misuse(`There is no file or folder ${printable(path)}.`, "Check the path and run it again.");
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    if (entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
      return filesAt(join(path, entry.name));
    return entry.isFile() && EXTENSIONS.has(extname(entry.name)) ? [join(path, entry.name)] : [];
  });
  return (await Promise.all(nested)).flat();
}

function problemText(problems: readonly Problem[]): string {
  return problems
    .map(({ path, line, column, code, message, suggestion }) => {
      const hint = suggestion === undefined ? "" : `    ${printable(suggestion)}\n`;
      return `${printable(path)}:${line}:${column} ${code} ${printable(message)}\n${hint}`;
    })
    .join("");
}

function summaryOf({ files, documents, problems }: Verdict): string {
  if (problems.length === 0 && documents.length === 0)
    return `${count(files, "file")}, and no manifest of Velvet in them.`;
  if (problems.length === 0) return `${count(documents.length, "manifest")} in ${count(files, "file")}: no problems.`;
  const bad = new Set(problems.map(({ path }) => path)).size;
  return `${count(problems.length, "problem")} in ${bad} of ${count(files, "file")}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
