/**
 * One file on a branch that is only ever appended to: each new text is a commit on top of the branch's head. Nothing is checked out, and
 * nothing is ever forced: where somebody else was faster, what they pushed is read first.
 */
import type { Secret } from "../../../adapters/secret.ts";
import { SourceFailure } from "../failure.ts";
import { blobSizes, readBlobs } from "./blobs.ts";
import { type GitCache, HERE_MS, openCache } from "./cache.ts";
import { GitExit } from "./command.ts";
import { utf8 } from "./documents.ts";
import { cacheBroken, remoteFailure } from "./failure.ts";
import { inheritedBy } from "./inherited.ts";
import { type GitRemote, parseBranch, parseRemote } from "./remote.ts";
import { descends, missingFiles, parseTree } from "./tree.ts";

export interface GitPublicationOptions {
  readonly url: string;
  readonly token?: Secret;
  readonly branch: string;
  /** In the branch's root. */
  readonly file: string;
  /** A folder that belongs to this publication in this running controller alone. */
  readonly folder: string;
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** What the branch holds. */
export interface Branch {
  /** Undefined: no branch, or no such file. */
  readonly text?: string;
  /** Its head does not descend from the one that was seen before. */
  readonly rewritten: boolean;
}

export interface GitPublication {
  /** For people: where it is. Holds no login. */
  readonly name: string;
  /** Throws `SourceFailure`. */
  read(signal: AbortSignal): Promise<Branch>;
  /** One commit on top of what was read last. False: the branch has moved, read it again. Throws `SourceFailure`. */
  append(text: string, message: string, signal: AbortSignal): Promise<boolean>;
}

const LARGEST = 1 << 20;
const PUSH_MS = 60_000;

interface Opened {
  readonly cache: GitCache;
  readonly remote: GitRemote;
  readonly branch: string;
  readonly file: string;
}

/** Throws `SourceFailure` where the options are refused. */
export function gitPublication(options: GitPublicationOptions): GitPublication {
  const remote = parseRemote(options.url, options.token);
  const branch = parseBranch(options.branch);
  const environment = inheritedBy(options.inherited);
  let seen: { readonly head?: string; readonly found: Branch } = { found: { rewritten: false } };
  const open = async (): Promise<Opened> => {
    const cache = await openCache({ remote, branch, folder: options.folder, environment, largestFile: LARGEST });
    return { cache, remote, branch, file: options.file };
  };
  let opening: Promise<Opened> | undefined;
  const opened = async (): Promise<Opened> => {
    opening ??= open();
    return opening.catch((error: unknown) => {
      opening = undefined;
      throw error instanceof SourceFailure ? error : cacheBroken();
    });
  };
  return {
    name: `${remote.url}#${branch}`,
    read: async (signal) => {
      const at = await opened();
      const head = await tipOf(at.cache, signal);
      if (head === undefined) seen = { found: { rewritten: seen.head !== undefined } };
      else if (head !== seen.head) seen = await readHead(at, seen.head, signal);
      return seen.found;
    },
    append: async (text, message, signal) => {
      const commit = await push(await opened(), seen.head, { text, message }, signal);
      if (commit !== undefined) seen = { head: commit, found: { text, rewritten: false } };
      return commit !== undefined;
    },
  };
}

async function tipOf(cache: GitCache, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await cache.tip(signal);
  } catch (error) {
    if (error instanceof SourceFailure && error.reason === "BranchNotFound") return undefined;
    throw error;
  }
}

async function readHead(
  { cache, file }: Opened,
  known: string | undefined,
  signal: AbortSignal,
): Promise<{ head: string; found: Branch }> {
  const before = known ?? (await cache.head(signal));
  const head = await cache.fetch(signal);
  try {
    const rewritten = before !== undefined && !(await descends(cache.git, before, head, signal));
    const text = await fileAt(cache, head, file, signal);
    return { head, found: { ...(text === undefined ? {} : { text }), rewritten } };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GitExit)) throw error;
    await cache.discard(); // the next look makes it again
    throw cacheBroken();
  }
}

/** What is no text, or too large, is told as an empty one: it is there, and holds nothing. */
async function fileAt(cache: GitCache, head: string, file: string, signal: AbortSignal): Promise<string | undefined> {
  const call = { signal, timeoutMs: HERE_MS };
  const tree = (await cache.git.here(["rev-parse", "--verify", `${head}^{tree}`], call)).trim();
  const listing = await cache.git.here(["ls-tree", "-z", "--full-tree", head, "--", file], call);
  const [entry] = parseTree(listing);
  if (entry === undefined) return undefined;
  if (!entry.mode.startsWith("100")) return "";
  if ((await missingFiles(cache.git, [tree], signal)).has(entry.id)) await cache.fetchFiles([tree], signal);
  const size = (await blobSizes(cache.git, [entry.id], signal)).get(entry.id) ?? Infinity;
  if (size > LARGEST) return "";
  const bytes = (await readBlobs(cache.git, [entry.id], signal)).get(entry.id);
  return bytes === undefined ? "" : (utf8(bytes) ?? "");
}

/** The new head; undefined where the branch has moved. */
async function push(
  { cache, remote, branch, file }: Opened,
  parent: string | undefined,
  change: { readonly text: string; readonly message: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const commit = await commitOn(cache, parent, { file, ...change }, signal);
  try {
    const args = ["push", "--quiet", "--no-verify", "--", "origin", `${commit}:refs/heads/${branch}`];
    await cache.reach((git) => git.remote(args, { signal, timeoutMs: PUSH_MS }));
    return commit;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GitExit && MOVED.test(error.detail)) return undefined;
    if (error instanceof GitExit && REFUSED.test(error.detail)) throw refused(remote, branch);
    throw remoteFailure(error, remote);
  }
}

const MOVED = /fetch first|non-fast-forward|stale info|reference already exists|cannot lock ref/i;
const REFUSED = /\[remote rejected\]|pre-receive hook declined|protected branch/i;

function refused(remote: GitRemote, branch: string): SourceFailure {
  return new SourceFailure(
    "GitPushRefused",
    `The repository ${remote.url} does not take commits on ${branch}.`,
    "Let the login push to that branch; it never needs to force.",
  );
}

async function commitOn(
  cache: GitCache,
  parent: string | undefined,
  change: { readonly file: string; readonly text: string; readonly message: string },
  signal: AbortSignal,
): Promise<string> {
  const call = { signal, timeoutMs: HERE_MS };
  const here = async (args: readonly string[], input?: string) =>
    (await cache.git.here(args, { ...call, ...(input === undefined ? {} : { input }) })).trim();
  try {
    const blob = await here(["hash-object", "-w", "--stdin"], change.text);
    const listing = parent === undefined ? "" : await cache.git.here(["ls-tree", "-z", "--full-tree", parent], call);
    const kept = listing.split("\0").filter((record) => record !== "" && !record.endsWith(`\t${change.file}`));
    const records = [...kept, `100644 blob ${blob}\t${change.file}`];
    const tree = await here(["mktree", "-z", "--missing"], records.map((record) => `${record}\0`).join(""));
    const parents = parent === undefined ? [] : ["-p", parent];
    return await here(["commit-tree", tree, ...parents, "-m", change.message]);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof GitExit ? cacheBroken() : error;
  }
}
