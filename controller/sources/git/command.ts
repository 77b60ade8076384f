import { dirname } from "node:path";
import { GitPluginError, simpleGit } from "simple-git";
import type { SimpleGit } from "simple-git";

/** Where git runs and what it may read. */
export interface GitPlace {
  /** Holds everything of this place. Itself no repository. */
  readonly folder: string;
  /** The bare repository. */
  readonly repository: string;
  /** The only configuration besides the repository's own; see `settings.ts`. */
  readonly settings: string;
  /** The environment that git inherits: paths, proxies, certificates. No `GIT_*` but what is set here. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface GitCall {
  readonly signal: AbortSignal;
  readonly input?: string;
  /** Longest run in milliseconds. */
  readonly timeoutMs: number;
}

/** Git said no. `detail` is for classification only: it may hold a remote's own words and is never shown. */
export class GitExit extends Error {
  override readonly name = "GitExit";
  readonly exitCode: number;
  readonly detail: string;

  constructor(exitCode: number, detail: string) {
    super(`git ended with ${exitCode}`);
    this.exitCode = exitCode;
    this.detail = detail;
  }
}

/** Git did not end in time. */
export class GitTimeout extends Error {
  override readonly name = "GitTimeout";
}

const GUARDED = [
  "GIT_DIR",
  "GIT_CEILING_DIRECTORIES",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_CONFIG_GLOBAL",
  "GIT_TERMINAL_PROMPT",
  "GIT_ALLOW_PROTOCOL",
  "GIT_NO_LAZY_FETCH",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_SSL_CAINFO",
];

/** `here`: the repository, no network. `remote`: the repository and the network. `ask`: the network, no repository. */
type Reach = "here" | "remote" | "ask";

function environmentOf(place: GitPlace, reach: Reach): Record<string, string> {
  return {
    ...place.environment,
    LC_ALL: "C",
    // Named outright: a damaged repository, or none, must never make git look for another one further up.
    ...(reach === "ask" ? { GIT_CEILING_DIRECTORIES: dirname(place.folder) } : { GIT_DIR: place.repository }),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: place.settings,
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    // A read of a missing object must fail here and now, not fetch it one by one.
    ...(reach === "here" ? { GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1" } : {}),
  };
}

/** Git on one repository. Arguments are constants of this folder, object ids, or names that were checked. */
export interface Git {
  /** Reads the repository; cannot reach the network. Standard output as text. */
  here(args: readonly string[], call: GitCall): Promise<string>;
  /** `git cat-file` with `input`; cannot reach the network. Standard output as bytes. */
  catFile(args: readonly string[], call: GitCall): Promise<Buffer>;
  /** May reach the remote. Standard output as text. */
  remote(args: readonly string[], call: GitCall): Promise<string>;
  /** Asks the remote, whatever state the repository is in. Standard output as text. */
  ask(args: readonly string[], call: GitCall): Promise<string>;
}

export function gitAt(place: GitPlace): Git {
  return {
    here: (args, call) => run(place, "here", call, async (git) => git.raw([...args])),
    catFile: (args, call) => run(place, "here", call, async (git): Promise<Buffer> => git.binaryCatFile([...args])),
    remote: (args, call) => run(place, "remote", call, async (git) => git.raw([...args])),
    ask: (args, call) => run(place, "ask", call, async (git) => git.raw([...args])),
  };
}

async function run<T>(place: GitPlace, reach: Reach, call: GitCall, work: (git: SimpleGit) => Promise<T>): Promise<T> {
  call.signal.throwIfAborted();
  const timeout = AbortSignal.timeout(call.timeoutMs);
  let exit: GitExit | undefined;
  const stop = AbortSignal.any([call.signal, timeout]);
  const git = simpleGit({
    baseDir: reach === "ask" ? place.folder : place.repository,
    abort: stop,
    allowEnvironment: GUARDED,
    // The settings file is ours: simple-git guards against callers who pass on a stranger's.
    unsafe: { allowUnsafeConfigPaths: true },
    // Only the end of the streams is the end: with the default, a long output can be cut 50 ms after git exits.
    completion: { onClose: true, onExit: false },
    ...(call.input === undefined ? {} : { input: () => call.input }),
    errors: (error, result) => {
      exit = exitOf(error, result);
      return exit ?? error;
    },
  });
  try {
    return await Promise.race([work(git.env(environmentOf(place, reach))), stuck(stop)]);
  } catch (error) {
    call.signal.throwIfAborted();
    if (timeout.aborted) throw new GitTimeout(`git did not end within ${call.timeoutMs} ms`, { cause: undefined });
    // simple-git rejects with an error of its own making.
    throw exit ?? error;
  }
}

const GRACE_MS = 2_000;

/** Rejects when git was told to stop and something it started (an ssh that hangs) still holds its streams. */
async function stuck(stop: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    const later = () => setTimeout(resolve, GRACE_MS).unref();
    if (stop.aborted) later();
    else stop.addEventListener("abort", later, { once: true });
  });
  throw new GitTimeout("git did not stop when it was told to");
}

/** simple-git itself takes a non-zero exit without words on stderr for a success. */
function exitOf(
  error: Buffer | Error | undefined,
  result: { readonly exitCode: number; readonly stdErr: readonly Buffer[] },
): GitExit | undefined {
  if (error instanceof GitPluginError || result.exitCode === 0) return undefined;
  return new GitExit(result.exitCode, Buffer.concat(result.stdErr).toString("utf8").slice(0, 8192));
}
