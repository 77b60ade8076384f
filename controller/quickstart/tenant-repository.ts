import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type SimpleGit, simpleGit } from "simple-git";

/** A file of the tenant's tree: its path in the repository and its text. */
export interface TenantFile {
  readonly path: string;
  readonly text: string;
}

/** What a pull request brings to `main`. */
export interface PullRequest {
  /** The branch, also named in the merge commit. */
  readonly branch: string;
  /** Subject of the commit. */
  readonly subject: string;
  readonly files: readonly TenantFile[];
}

/** The team's repository: a bare one that Velvet watches, and the clone of somebody who works on it. */
export interface TenantRepository {
  /** The bare repository, to be watched. */
  readonly bare: string;
  /** Somebody's clone, on `main`. */
  readonly clone: string;
  /** Merges a branch to `main` with a merge commit and pushes it; answers the merge commit's id. */
  merge(request: PullRequest): Promise<string>;
}

/** Who commits in the quickstart. Given by environment, so that neither the user's nor the machine's git configuration counts. */
const IDENTITY = {
  GIT_AUTHOR_NAME: "Ola Orders",
  GIT_AUTHOR_EMAIL: "ola@orders.example",
  GIT_COMMITTER_NAME: "Ola Orders",
  GIT_COMMITTER_EMAIL: "ola@orders.example",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
} as const;

/**
 * Makes `<folder>/tenant.git` with a first commit on `main`, and a clone beside it.
 * `searchPath` is the `PATH` on which `git` is found.
 */
export async function makeTenantRepository(
  folder: string,
  searchPath: string,
  files: readonly TenantFile[],
): Promise<TenantRepository> {
  const bare = join(folder, "tenant.git");
  const clone = join(folder, "clone");
  await mkdir(clone, { recursive: true });
  const git = gitIn(clone, searchPath);
  await git.raw("init", "--quiet", "--bare", "--initial-branch=main", bare);
  await git.raw("init", "--quiet", "--initial-branch=main", ".");
  await git.raw("remote", "add", "origin", bare);
  await commit(git, clone, "The credentials of the orders team", files);
  await git.raw("push", "--quiet", "origin", "main");
  return { bare, clone, merge: async (request) => merge(git, clone, request) };
}

function gitIn(baseDir: string, searchPath: string): SimpleGit {
  return simpleGit({
    baseDir,
    maxConcurrentProcesses: 1,
    trimmed: true,
    allowEnvironment: Object.keys(IDENTITY),
    unsafe: { allowUnsafeConfigPaths: true },
    // without this, a failure that says nothing on stderr would pass as a success
    errors: (error, { exitCode, stdErr }) =>
      exitCode === 0 ? undefined : (error ?? Buffer.concat([Buffer.from(`git failed (${exitCode}) `), ...stdErr])),
  }).env({ PATH: searchPath, ...IDENTITY });
}

async function commit(git: SimpleGit, clone: string, subject: string, files: readonly TenantFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(join(clone, dirname(path)), { recursive: true });
    await writeFile(join(clone, path), text);
  }
  await git.raw("add", "--", ...files.map(({ path }) => path));
  await git.raw("commit", "--quiet", "--no-gpg-sign", `--message=${subject}`);
}

async function merge(git: SimpleGit, clone: string, { branch, subject, files }: PullRequest): Promise<string> {
  await git.raw("switch", "--quiet", "--create", branch);
  await commit(git, clone, subject, files);
  await git.raw("switch", "--quiet", "main");
  await git.raw("merge", "--quiet", "--no-ff", "--no-gpg-sign", `--message=Merge branch '${branch}'`, branch);
  await git.raw("push", "--quiet", "origin", "main");
  await git.raw("branch", "--quiet", "--delete", branch);
  return git.raw("rev-parse", "main");
}
