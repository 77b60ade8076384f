/**
 * The local copy of one remote branch: a bare repository with the whole commit graph and all trees, and of the files only those that
 * were asked for. It is a cache: whatever is wrong with it, it is thrown away and made again.
 *
 * One running controller for each cache folder.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SourceFailure } from "../failure.ts";
import { type Git, GitExit, gitAt } from "./command.ts";
import { branchNotFound, cacheBroken, remoteFailure } from "./failure.ts";
import type { GitRemote } from "./remote.ts";
import { gitSettings, loginLine } from "./settings.ts";

const HEAD_REF = "refs/velvet/head";
export const HERE_MS = 120_000;
const ASK_MS = 30_000;
const FETCH_MS = 600_000;
/** A cache whose fetches fail so often in a row, while the remote answers, is suspected itself. */
const SUSPECT_AFTER = 3;
const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

export interface CacheOptions {
  readonly remote: GitRemote;
  readonly branch: string;
  /** A folder of its own, made when missing, 0700. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Files above this many bytes are left at the remote, where it can filter. */
  readonly largestFile: number;
}

export interface GitCache {
  readonly git: Git;
  /** Asks the remote for the branch's head; fetches nothing. */
  tip(signal: AbortSignal): Promise<string>;
  /** The head that the cache holds. */
  head(signal: AbortSignal): Promise<string | undefined>;
  /** Fetches the branch; returns the head that it has now. */
  fetch(signal: AbortSignal): Promise<string>;
  /** Fetches the files below these trees, but for those that are too large. */
  fetchFiles(trees: readonly string[], signal: AbortSignal): Promise<void>;
  /** Runs a command that reaches the remote, with the login at hand. */
  reach<T>(work: (git: Git) => Promise<T>): Promise<T>;
  /** Throws the repository away; the next fetch makes it again. */
  discard(): Promise<void>;
}

/** Opens the cache, and cleans up what a killed run left. Nothing is asked of the remote. */
export async function openCache(options: CacheOptions): Promise<GitCache> {
  const { folder, remote } = options;
  const loginFile = join(folder, "login");
  const place = {
    folder,
    repository: join(folder, "repository.git"),
    settings: join(folder, "gitconfig"),
    environment: options.environment,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(loginFile, { force: true });
  if (!(await holds(place.repository, remote))) await rm(place.repository, { recursive: true, force: true });
  await removeLeftovers(place.repository);
  return cacheAt({ ...options, ...place, loginFile, git: gitAt(place) });
}

interface Opened extends CacheOptions {
  readonly repository: string;
  readonly settings: string;
  readonly loginFile: string;
  readonly git: Git;
}

function cacheAt(opened: Opened): GitCache {
  const state: FetchState = { failures: 0, refusals: 0, filter: true };
  return {
    git: opened.git,
    discard: async () => discard(opened),
    reach: async (work) => withLogin(opened, work),
    head: async (signal) => readHead(opened.git, signal),
    tip: async (signal) => {
      await prepare(opened, signal);
      return askTip(opened, signal);
    },
    fetch: async (signal) => {
      await prepare(opened, signal);
      await fetchOrRemake(opened, state, signal);
      const head = await readHead(opened.git, signal);
      if (head === undefined) throw cacheBroken();
      return head;
    },
    fetchFiles: async (trees, signal) => {
      try {
        await fetchTrees(opened, trees, signal);
      } catch (error) {
        signal.throwIfAborted();
        state.refusals += 1;
        const refused = error instanceof GitExit && REFUSED_WANT.test(error.detail);
        if (!refused && state.refusals < SUSPECT_AFTER) throw remoteFailure(error, opened.remote);
        // A remote that filters and then does not hand out single objects: take everything, as from one that cannot filter.
        state.filter = false;
        await remake(opened, state, signal);
      }
      state.refusals = 0;
    },
  };
}

interface FetchState {
  /** Fetches that failed in a row. */
  failures: number;
  /** Requests for single objects that failed in a row. */
  refusals: number;
  /** False once the remote turned out to filter only half. */
  filter: boolean;
}

async function fetchOrRemake(opened: Opened, state: FetchState, signal: AbortSignal): Promise<void> {
  try {
    await fetchBranch(opened, state.filter, signal);
  } catch (error) {
    signal.throwIfAborted();
    state.failures += 1;
    if (state.failures < SUSPECT_AFTER && (await healthy(opened.git, signal)))
      throw remoteFailure(error, opened.remote);
    await remake(opened, state, signal);
  }
  state.failures = 0;
}

async function remake(opened: Opened, state: FetchState, signal: AbortSignal): Promise<void> {
  await discard(opened);
  await prepare(opened, signal);
  try {
    await fetchBranch(opened, state.filter, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw remoteFailure(error, opened.remote);
  }
}

async function discard(opened: Opened): Promise<void> {
  await rm(opened.repository, { recursive: true, force: true });
}

/** How remotes say it; an old protocol over http just breaks off. */
const REFUSED_WANT = /not our ref|unadvertised object|not valid|does not allow request|bad pack header/i;

async function askTip(opened: Opened, signal: AbortSignal): Promise<string> {
  const { remote, branch } = opened;
  const ref = `refs/heads/${branch}`;
  let listed: string;
  try {
    listed = await withLogin(opened, (git) =>
      git.ask(["ls-remote", "--exit-code", "--", remote.url, ref], { signal, timeoutMs: ASK_MS }),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GitExit && error.exitCode === 2) throw branchNotFound(branch, remote.url);
    throw remoteFailure(error, remote);
  }
  const line = listed.split("\n").find((text) => text.endsWith(`\t${ref}`));
  const tip = line?.split("\t")[0];
  if (tip === undefined || !OBJECT_ID.test(tip)) throw branchNotFound(branch, remote.url);
  return tip;
}

const QUIETLY = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];

async function fetchBranch(opened: Opened, filter: boolean, signal: AbortSignal): Promise<void> {
  const { git, branch, largestFile } = opened;
  // First the graph alone. Later a change brings its small files along, which saves asking for them.
  const known = filter ? await readHead(git, signal) : undefined;
  const files = known === undefined ? "blob:none" : `blob:limit=${largestFile + 1}`;
  const args = ["fetch", ...QUIETLY, ...(filter ? [`--filter=${files}`] : [])];
  await withLogin(opened, () =>
    git.remote([...args, "--force", "--", "origin", `+refs/heads/${branch}:${HEAD_REF}`], {
      signal,
      timeoutMs: FETCH_MS,
    }),
  );
}

async function fetchTrees(opened: Opened, trees: readonly string[], signal: AbortSignal): Promise<void> {
  const filter = `--filter=blob:limit=${opened.largestFile + 1}`;
  const args = ["fetch", ...QUIETLY, "--no-auto-maintenance", "--refetch", filter, "--stdin", "--", "origin"];
  const call = { signal, timeoutMs: FETCH_MS, input: `${trees.join("\n")}\n` };
  await withLogin(opened, () => opened.git.remote(args, call));
}

/** Runs a command that reaches the remote while the login stands in its file. */
async function withLogin<T>(opened: Opened, work: (git: Git) => Promise<T>): Promise<T> {
  const line = loginLine(opened.remote);
  if (line === undefined) return work(opened.git);
  await writeFile(opened.loginFile, line, { mode: 0o600 });
  try {
    return await work(opened.git);
  } finally {
    await rm(opened.loginFile, { force: true });
  }
}

async function prepare(opened: Opened, signal: AbortSignal): Promise<void> {
  const { repository, remote, git } = opened;
  try {
    const whole = await holds(repository, remote);
    if (!whole) await rm(repository, { recursive: true, force: true });
    await mkdir(repository, { recursive: true, mode: 0o700 });
    await writeFile(opened.settings, gitSettings(remote, opened.loginFile), { mode: 0o600 });
    if (whole) return;
    const call = { signal, timeoutMs: HERE_MS };
    await git.here(["init", "--quiet", "--bare"], call);
    await git.here(["config", "--local", "remote.origin.url", remote.url], call);
    await writeFile(markOf(repository), remote.url, { mode: 0o600 });
  } catch (error) {
    signal.throwIfAborted();
    throw broken(error);
  }
}

function broken(error: unknown): SourceFailure {
  const missing = error instanceof GitExit && error.exitCode < 0 && error.detail.includes("ENOENT");
  return missing ? remoteFailure(error, { url: "", transport: "file" }) : cacheBroken();
}

/** Written last: its text says that the repository is whole, and of which remote. */
function markOf(repository: string): string {
  return join(repository, "velvet-remote");
}

async function holds(repository: string, remote: GitRemote): Promise<boolean> {
  const mark = await readFile(markOf(repository), "utf8").catch(() => undefined);
  return mark === remote.url;
}

async function readHead(git: Git, signal: AbortSignal): Promise<string | undefined> {
  const call = { signal, timeoutMs: HERE_MS };
  const listed = await git.here(["for-each-ref", "--format=%(objectname)", HEAD_REF], call).catch(() => {
    signal.throwIfAborted();
    return "";
  });
  const head = listed.trim();
  return OBJECT_ID.test(head) ? head : undefined;
}

/** True when the cache has a head, and all its commits and trees can be read: there is something to lose by making it again. */
async function healthy(git: Git, signal: AbortSignal): Promise<boolean> {
  const call = { signal, timeoutMs: HERE_MS };
  const head = await readHead(git, signal);
  if (head === undefined) return false;
  try {
    await git.here(["rev-list", "--count", head], call);
    await git.here(["ls-tree", "-r", "-d", "--name-only", "--full-tree", head], call);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Locks and half-written packs of a run that was killed: git itself would refuse to go on, or keep them for weeks. */
async function removeLeftovers(repository: string): Promise<void> {
  const remove = async (folder: string, leftover: (name: string) => boolean, recursive: boolean) => {
    const names = await readdir(join(repository, folder), { recursive }).catch(() => []);
    await Promise.all(names.filter(leftover).map(async (name) => rm(join(repository, folder, name), { force: true })));
  };
  await remove(".", (name) => name.endsWith(".lock"), false);
  await remove("refs", (name) => name.endsWith(".lock"), true);
  await remove("objects/pack", (name) => name.startsWith("tmp_") || name.startsWith(".tmp-"), false);
}
