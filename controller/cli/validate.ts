import { dirname } from "node:path";
import { utf8 } from "../sources/git/documents.ts";
import type { Problem } from "../sources/look.ts";
import { findDuplicates, type PlacedDocument } from "../sources/manifest/duplicates.ts";
import {
  type ManifestContext,
  type ManifestFile,
  MAX_BYTES,
  mentionsVelvet,
  type ParsedDocument,
  readManifests,
} from "../sources/manifest/read.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { registryOf } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { printable } from "./output.ts";
import { sarifLog } from "./sarif.ts";
import { findSlotProblems } from "./validate-slots.ts";
import { type FoundFile, findFiles, readBytes } from "./validate-files.ts";
import { problemCommands, problemText } from "./validate-formats.ts";
import { ownVersion } from "./version.ts";

export interface ValidateOptions {
  readonly tree?: "tenant" | "platform";
  readonly environment?: string;
  readonly format: "text" | "json" | "github" | "sarif";
  /** Ask the API server too. */
  readonly server?: boolean;
  readonly namespace?: string;
  readonly fieldManager?: string;
}

/** Looks once more at what the offline check let pass, and answers what else is wrong. */
export type Inspect = (file: ManifestFile, documents: readonly ParsedDocument[]) => Promise<readonly Problem[]>;

/** What `--format json` prints. */
export interface Verdict {
  readonly files: number;
  readonly documents: readonly PlacedDocument[];
  readonly problems: readonly Problem[];
}

/**
 * `velvet validate`. Needs no ledger and no environment. Problems go to stdout, like a compiler's. Rejects with `CommandFailure`: exit
 * code 1 where there are problems, 2 where nothing was validated.
 */
export async function validateManifests(
  context: CommandContext,
  paths: readonly string[],
  options: ValidateOptions,
): Promise<ExitCode> {
  const named = paths.length > 0 ? paths : ["."];
  const verdict = await (options.server === true
    ? validateOnServer(context, named, options)
    : validatePaths(context, named, options));
  const summary = summaryOf(verdict);
  print(context, verdict, options.format);
  if (verdict.problems.length > 0)
    throw new CommandFailure({ happened: summary, next: "Correct them and run it again; nothing was changed." });
  if (verdict.documents.length === 0)
    throw misuse(summary, "Name a file or folder that holds manifests of velvet.raxx.app/v1alpha1.");
  context.out.note(summary);
  return 0;
}

async function validateOnServer(
  context: CommandContext,
  paths: readonly string[],
  options: ValidateOptions,
): Promise<Verdict> {
  const [{ withCluster }, { myName }, { serverInspection }] = await Promise.all([
    import("./cluster/open.ts"),
    import("./cluster/create.ts"),
    import("./cluster/validate.ts"),
  ]);
  return withCluster(context, context.cluster ?? {}, async (cluster) => {
    const { namespace, fieldManager = "velvet-cli" } = options;
    const who = await myName(cluster);
    const verdict = await validatePaths(
      context,
      paths,
      options,
      serverInspection(cluster, { namespace, fieldManager }),
    );
    context.out.note(printable(`${cluster.client.server} was asked with dry runs, as ${who}; nothing was kept.`));
    return verdict;
  });
}

function print({ out }: CommandContext, verdict: Verdict, format: ValidateOptions["format"]): void {
  if (format === "json") return out.json(verdict);
  if (format === "sarif") return out.json(sarifLog(verdict.problems, ownVersion()));
  out.raw(format === "github" ? problemCommands(verdict.problems) : problemText(verdict.problems, out.colours));
}

/** Reads every file once and checks it. Throws `CommandFailure` for a path that is not there, and when it is stopped. */
export async function validatePaths(
  { stdin = nothing(), progress, stop, ...rest }: Pick<CommandContext, "stdin" | "progress" | "stop" | "registry">,
  paths: readonly string[],
  { tree, environment }: Pick<ValidateOptions, "tree" | "environment">,
  inspect: Inspect = async () => [],
): Promise<Verdict> {
  const context: ManifestContext = { tree: tree ?? "any", ...(environment === undefined ? {} : { environment }) };
  const files = await findFiles(paths);
  const documents: FoundDocument[] = [];
  const problems: Problem[] = [];
  for (const [index, file] of files.entries()) {
    if (stop.aborted) break;
    progress?.show(`${index} of ${files.length} files`);
    const found = await check(file, stdin, context, inspect);
    documents.push(...found.documents);
    problems.push(...found.problems);
  }
  progress?.clear();
  if (stop.aborted)
    throw new CommandFailure({
      happened: "It was stopped before its end.",
      next: "Run it again; nothing was changed.",
    });
  const named = documents.map(placed);
  problems.push(...findDuplicates(named), ...(await slotProblems(named, rest)));
  return { files: files.length, documents: documents.map(({ spec: _spec, ...document }) => document), problems };
}

/** Adapters are only loaded where a place has to be told from another. */
async function slotProblems(
  documents: readonly FoundDocument[],
  context: Pick<CommandContext, "registry">,
): Promise<Problem[]> {
  if (!documents.some(({ spec }) => JSON.stringify(spec).includes('"testSlot"'))) return [];
  return findSlotProblems(documents, await registryOf(context));
}

type FoundDocument = PlacedDocument & Pick<ParsedDocument, "spec">;

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function check(
  file: FoundFile,
  stdin: AsyncIterable<Uint8Array>,
  context: ManifestContext,
  inspect: Inspect,
): Promise<{ readonly documents: readonly FoundDocument[]; readonly problems: readonly Problem[] }> {
  const path = file.path === "-" ? "<stdin>" : file.path;
  const { bytes, cut, size } = await readBytes(file, stdin);
  if (cut)
    return {
      documents: [],
      problems: file.named || mentionsVelvet(bytes.toString("latin1")) ? [large(path, size)] : [],
    };
  const text = utf8(bytes);
  if (text === undefined) {
    const message = "the file is not UTF-8 text";
    return { documents: [], problems: [{ path, line: 0, column: 0, code: "NotUtf8", message }] };
  }
  const { documents, problems } = readManifests({ path, text }, context);
  const more = await inspect({ path, text }, documents);
  return {
    documents: documents.map((document) => ({ ...document, path })),
    problems: [...problems, ...more].sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

function large(path: string, size: number | undefined): Problem {
  const message = `the file has ${size ?? `more than ${MAX_BYTES}`} bytes; at most ${MAX_BYTES} are read`;
  return { path, line: 0, column: 0, code: "FileTooLarge", message, suggestion: "split it" };
}

/**
 * The namespace of a manifest in git comes from its path, and which path has which is the operator's to say. Here each folder
 * counts as one, so that two teams may use one name.
 */
function placed(document: FoundDocument): FoundDocument {
  if (document.kind === "VendorAccount") return document;
  return { ...document, namespace: document.namespace ?? `folder ${dirname(document.path)}` };
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
