import { setImmediate as nextTurn } from "node:timers/promises";
import type { Secret } from "../../../adapters/secret.ts";
import { SourceFailure } from "../failure.ts";
import type { DesiredDocument, Problem, ReadManifests, Source, SourceLook } from "../look.ts";
import { blobSizes, readBlobs } from "./blobs.ts";
import { type GitCache, openCache } from "./cache.ts";
import { GitExit } from "./command.ts";
import { desired, type ReadFile, readTenantFile } from "./documents.ts";
import { cacheBroken, historyRewritten } from "./failure.ts";
import { type Change, lastChanges } from "./history.ts";
import { inheritedBy } from "./inherited.ts";
import { mappedRoots, parseNamespaces } from "./namespaces.ts";
import { parseBranch, parseRemote } from "./remote.ts";
import {
  type Candidate,
  descends,
  GIT_LIMITS,
  type GitLimits,
  listTree,
  missingFiles,
  problemOf,
  rootTrees,
  selectFiles,
} from "./tree.ts";

export interface GitSourceOptions {
  /** The source's name in the ledger. */
  readonly name: string;
  /** See `parseRemote`. */
  readonly url: string;
  /** Read access over https, where the URL does not hold it. */
  readonly token?: Secret;
  readonly branch: string;
  /** `VELVET_GIT_NAMESPACES`; see `parseNamespaces`. */
  readonly namespaces: string;
  /** A folder that belongs to this source in this running controller alone. */
  readonly cacheFolder: string;
  /** The controller's environment; only paths, proxies, certificates and the ssh agent are passed on to git. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
  readonly read: ReadManifests;
  /** The controller's `VELVET_ENV`. */
  readonly environment?: string;
  readonly limits?: Partial<GitLimits>;
}

/** What this object knows from its last looks; all of it can be lost. */
interface Memory {
  /** The head whose look stands in the ledger. */
  accepted?: string;
  changes?: { head: string; byPath: ReadonlyMap<string, Change> };
  files: Map<string, { id: string; namespace: string; bytes: number; read: ReadFile }>;
  tooLarge: Set<string>;
}

/** Manifests on a branch of a git remote. Throws `SourceFailure` where the options are refused. */
export function gitSource(options: GitSourceOptions): Source {
  const remote = parseRemote(options.url, options.token);
  const branch = parseBranch(options.branch);
  const rules = parseNamespaces(options.namespaces);
  const limits = { ...GIT_LIMITS, ...options.limits };
  const environment = inheritedBy(options.inherited);
  const memory: Memory = { files: new Map(), tooLarge: new Set() };
  let opening: Promise<GitCache> | undefined;
  const open = async () => {
    opening ??= openCache({
      remote,
      branch,
      folder: options.cacheFolder,
      environment,
      largestFile: limits.largestFile,
    });
    return opening.catch((error: unknown) => {
      opening = undefined;
      throw error instanceof SourceFailure ? error : cacheBroken();
    });
  };
  return {
    name: options.name,
    kind: "git",
    look: async (cursor, signal) => {
      const cache = await open();
      const tip = await cache.tip(signal);
      if (tip === cursor && tip === memory.accepted) return undefined;
      const reader = { options, rules, limits, memory, cache };
      return healed(cache, signal, async () => lookAt(reader, tip, cursor, signal));
    },
    accepted: (look) => {
      if (look.cursor !== undefined) memory.accepted = look.cursor;
    },
  };
}

/** A whole cache answers every local question. Where one fails, it is made again, once. */
async function healed<T>(cache: GitCache, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GitExit)) throw error;
    await cache.discard();
  }
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof GitExit ? cacheBroken() : error;
  }
}

interface Reader {
  readonly options: GitSourceOptions;
  readonly rules: ReturnType<typeof parseNamespaces>;
  readonly limits: GitLimits;
  readonly memory: Memory;
  readonly cache: GitCache;
}

async function lookAt(
  reader: Reader,
  tip: string,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<SourceLook> {
  const { cache, rules, limits, options } = reader;
  const head = (await cache.head(signal)) === tip ? tip : await cache.fetch(signal);
  if (cursor !== undefined && !(await descends(cache.git, cursor, head, signal)))
    throw historyRewritten(options.name, cursor, head);
  const selected = selectFiles(await listTree(cache.git, head, rules, signal), rules, limits);
  const problems: Problem[] = [...selected.problems, ...(await readFiles(reader, head, selected.files, signal))];
  const changes = await changesAt(reader, head, signal);
  const documents: DesiredDocument[] = [];
  for (const file of selected.files) {
    const known = reader.memory.files.get(file.path);
    if (known === undefined) continue;
    problems.push(...known.read.problems);
    const change = changes.get(file.path) ?? { commit: head, author: "", committer: "" };
    documents.push(...known.read.documents.map((document) => desired(document, file.namespace, file.path, change)));
  }
  return { source: options.name, kind: "git", cursor: head, trust: "claimed", documents, problems };
}

/** Brings `memory.files` to what the files say now; reads only what it has not read. Returns the files that cannot be read. */
async function readFiles(
  reader: Reader,
  head: string,
  files: readonly Candidate[],
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const { memory, cache, limits, options } = reader;
  const before = memory.files;
  const kept = files.filter((file) => unchanged(before.get(file.path), file));
  const fresh = files.filter((file) => !unchanged(before.get(file.path), file));
  memory.files = new Map(kept.flatMap((file) => pairOf(file.path, before.get(file.path))));
  await bring(reader, head, fresh, signal);
  const wanted = [...new Set(fresh.map((file) => file.id))].filter((id) => !memory.tooLarge.has(id));
  const sizes = await blobSizes(cache.git, wanted, signal);
  const small = wanted.filter((id) => (sizes.get(id) ?? Infinity) <= limits.largestFile);
  const total = sum(small.map((id) => sizes.get(id) ?? 0)) + sum([...memory.files.values()].map((file) => file.bytes));
  if (total > limits.mostBytes) throw tooMuch(total, limits);
  const contents = await readBlobs(cache.git, small, signal);
  const problems: Problem[] = [];
  for (const [index, file] of fresh.entries()) {
    // Reading ten thousand files takes seconds: leases must be renewed meanwhile.
    if (index % 50 === 49) await nextTurn(undefined, { signal });
    const bytes = contents.get(file.id);
    if (bytes === undefined) problems.push(largeFile(file.path, limits));
    else {
      const read = readTenantFile({ ...file, bytes }, options.read, options.environment);
      memory.files.set(file.path, { id: file.id, namespace: file.namespace, bytes: bytes.length, read });
    }
  }
  return problems;
}

function unchanged(known: { id: string; namespace: string } | undefined, file: Candidate): boolean {
  return known !== undefined && known.id === file.id && known.namespace === file.namespace;
}

function pairOf<T>(key: string, value: T | undefined): [string, T][] {
  return value === undefined ? [] : [[key, value]];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Fetches the files that are still at the remote; what is missing afterwards was too large to be sent. */
async function bring(reader: Reader, head: string, fresh: readonly Candidate[], signal: AbortSignal): Promise<void> {
  const { cache, rules, memory } = reader;
  const wanted = new Set(fresh.map((file) => file.id));
  const trees = await rootTrees(cache.git, head, rules, signal);
  const lacking = async () => [...(await missingFiles(cache.git, trees, signal))].filter((id) => wanted.has(id));
  const missing = await lacking();
  if (missing.some((id) => !memory.tooLarge.has(id))) {
    await cache.fetchFiles(trees, signal);
    memory.tooLarge = new Set(await lacking());
  }
}

/** Who last touched each file: the whole first-parent line once, then only what was added to it. */
async function changesAt(reader: Reader, head: string, signal: AbortSignal): Promise<ReadonlyMap<string, Change>> {
  const { memory, cache, rules } = reader;
  const known = memory.changes;
  if (known?.head === head) return known.byPath;
  const onTop = known !== undefined && (await descends(cache.git, known.head, head, signal));
  const roots = mappedRoots(rules);
  const added = await lastChanges(cache.git, { ...(onTop ? { since: known.head } : {}), head, roots }, signal);
  const byPath = onTop ? new Map([...known.byPath, ...added]) : added;
  memory.changes = { head, byPath };
  return byPath;
}

function largeFile(path: string, limits: GitLimits): Problem {
  return problemOf(path, "FileTooLarge", `The file is larger than ${limits.largestFile} bytes and was not read.`);
}

function tooMuch(total: number, limits: GitLimits): SourceFailure {
  return new SourceFailure(
    "SourceTooLarge",
    `The manifests below the mapped paths hold ${total} bytes; the limit is ${limits.mostBytes}.`,
    "Remove old requests and decisions (the ledger remembers them), or map fewer paths.",
  );
}
