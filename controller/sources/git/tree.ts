import { SourceFailure } from "../failure.ts";
import type { Problem } from "../look.ts";
import { type Git, GitExit } from "./command.ts";
import { HERE_MS } from "./cache.ts";
import { mappedRoots, namespaceOf, type NamespaceRule, touchesMapping } from "./namespaces.ts";

export interface TreeEntry {
  /** `100644`, `100755`, `120000` (symbolic link), `160000` (submodule). */
  readonly mode: string;
  readonly id: string;
  readonly path: string;
}

/** A file that is to be read, with the namespace that its path belongs to. */
export interface Candidate {
  readonly path: string;
  readonly id: string;
  readonly namespace: string;
}

export interface GitLimits {
  /** Bytes of one file. */
  readonly largestFile: number;
  /** Files below mapped prefixes. */
  readonly mostFiles: number;
  /** Bytes of all those files. */
  readonly mostBytes: number;
}

export const GIT_LIMITS: GitLimits = { largestFile: 262_144, mostFiles: 50_000, mostBytes: 134_217_728 };

/** Every entry below the mapped folders at a commit. */
export async function listTree(
  git: Git,
  commit: string,
  rules: readonly NamespaceRule[],
  signal: AbortSignal,
): Promise<readonly TreeEntry[]> {
  const args = ["ls-tree", "-r", "-z", "--full-tree", commit, "--", ...mappedRoots(rules)];
  return parseTree(await git.here(args, { signal, timeoutMs: HERE_MS }));
}

/** Parses `git ls-tree -r -z`. Pure. */
export function parseTree(listing: string): readonly TreeEntry[] {
  return listing
    .split("\0")
    .filter((record) => record !== "")
    .map((record) => {
      const tab = record.indexOf("\t");
      const [mode = "", , id = ""] = record.slice(0, tab).split(" ");
      return { mode, id, path: record.slice(tab + 1) };
    });
}

/** The trees that hold the mapped folders at a commit; folders that are not there are left out. */
export async function rootTrees(
  git: Git,
  commit: string,
  rules: readonly NamespaceRule[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const roots = mappedRoots(rules);
  const call = { signal, timeoutMs: HERE_MS };
  if (roots.length === 0) return [(await git.here(["rev-parse", "--verify", `${commit}^{tree}`], call)).trim()];
  const listing = await git.here(["ls-tree", "-d", "-z", "--full-tree", commit, "--", ...roots], call);
  return parseTree(listing)
    .filter((entry) => entry.mode === "040000")
    .map((entry) => entry.id);
}

/** Which files below these trees are still at the remote. Never fetches. */
export async function missingFiles(
  git: Git,
  trees: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (trees.length === 0) return new Set();
  const args = ["rev-list", "--objects", "--missing=print", ...trees];
  const listing = await git.here(args, { signal, timeoutMs: HERE_MS });
  const missing = listing.split("\n").filter((line) => line.startsWith("?"));
  return new Set(missing.map((line) => line.slice(1)));
}

/** True when `ancestor` is `head` or stands in its history. Asks the history itself where the commit is not there at all. */
export async function descends(git: Git, ancestor: string, head: string, signal: AbortSignal): Promise<boolean> {
  const call = { signal, timeoutMs: HERE_MS };
  try {
    await git.here(["merge-base", "--is-ancestor", ancestor, head], call);
    return true;
  } catch (error) {
    if (!(error instanceof GitExit)) throw error;
    if (error.exitCode === 1) return false;
    const history = await git.here(["rev-list", head], call);
    return history.split("\n").includes(ancestor);
  }
}

const MANIFEST = /\.(?:yaml|yml|json)$/;
const LONGEST_PATH = 500;
// Such a path is quoted by git, and a trap for whoever reads it on a terminal.
const ODD_PATH = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}"\\\ufffd]/u;

/** Decides which entries are read. Links and submodules are said and never followed. Pure. Throws `SourceFailure` `TooManyFiles`. */
export function selectFiles(
  entries: readonly TreeEntry[],
  rules: readonly NamespaceRule[],
  limits: GitLimits,
): { readonly files: readonly Candidate[]; readonly problems: readonly Problem[] } {
  const files: Candidate[] = [];
  const problems: Problem[] = [];
  for (const entry of entries) {
    const choice = chooseEntry(entry, rules);
    if (choice === undefined) continue;
    if ("code" in choice) problems.push(choice);
    else files.push(choice);
  }
  if (files.length > limits.mostFiles)
    throw new SourceFailure(
      "TooManyFiles",
      `There are ${files.length} manifests below the mapped paths; the limit is ${limits.mostFiles}.`,
      "Remove old requests and decisions (the ledger remembers them), or map fewer paths.",
    );
  return { files, problems };
}

function chooseEntry(entry: TreeEntry, rules: readonly NamespaceRule[]): Candidate | Problem | undefined {
  const { path } = entry;
  if (path.split("/").some((part) => part.startsWith("."))) return undefined;
  if (entry.mode === "120000" || entry.mode === "160000")
    return touchesMapping(rules, path) ? linkProblem(entry) : undefined;
  if (!MANIFEST.test(path)) return undefined;
  const mapped = namespaceOf(rules, path);
  if (mapped === undefined) return undefined;
  if (Buffer.byteLength(path) > LONGEST_PATH || ODD_PATH.test(path))
    return problemOf(path, "PathNotAllowed", "The path is too long or holds characters that manifests may not have.");
  if ("invalid" in mapped)
    return problemOf(path, "NamespaceInvalid", `The folder "${mapped.invalid}" cannot be a namespace's name.`);
  return { path, id: entry.id, namespace: mapped.namespace };
}

function linkProblem(entry: TreeEntry): Problem {
  return entry.mode === "120000"
    ? problemOf(entry.path, "SymlinkIgnored", "Symbolic links are never followed; put the file itself here.")
    : problemOf(entry.path, "SubmoduleIgnored", "Submodules are never fetched; put the files themselves here.");
}

export function problemOf(path: string, code: string, message: string): Problem {
  return { path, line: 0, column: 0, code, message };
}
