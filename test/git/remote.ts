/** A real repository with a working copy beside it, made by the real git. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const IDENTITY = {
  PATH: process.env["PATH"] ?? "",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ana Author",
  GIT_AUTHOR_EMAIL: "ana@example.test",
  GIT_COMMITTER_NAME: "Cor Committer",
  GIT_COMMITTER_EMAIL: "cor@example.test",
};

export interface TestRemote {
  /** The bare repository. */
  readonly path: string;
  /** A folder for the test's other things. */
  readonly folder: string;
  git(...args: string[]): Promise<string>;
  /** In the bare repository. */
  bare(...args: string[]): Promise<string>;
  /** Writes files (null removes), commits and pushes; returns the commit. */
  commit(files: Readonly<Record<string, string | Buffer | null>>, message?: string): Promise<string>;
  link(path: string, target: string): Promise<void>;
  /** Moves the bare repository out of the way, and back. */
  hide(): Promise<void>;
  restore(): Promise<void>;
  remove(): Promise<void>;
}

export async function testRemote(options: { filter?: boolean } = {}): Promise<TestRemote> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-git-"));
  const path = join(folder, "remote.git");
  const work = join(folder, "work");
  const at = async (cwd: string, args: readonly string[]) =>
    (await run("git", [...args], { cwd, env: IDENTITY, maxBuffer: 64 << 20 })).stdout.trim();
  await at(folder, ["init", "--quiet", "--bare", "--initial-branch=main", path]);
  if (options.filter ?? true) await at(path, ["config", "uploadpack.allowFilter", "true"]);
  await at(folder, ["init", "--quiet", "--initial-branch=main", work]);
  await at(work, ["remote", "add", "origin", path]);
  const put = async (name: string, content: string | Buffer | null) => {
    const file = join(work, name);
    if (content === null) return rm(file, { force: true });
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  return {
    path,
    folder,
    git: async (...args) => at(work, args),
    bare: async (...args) => at(path, args),
    commit: async (files, message = "change") => {
      for (const [name, content] of Object.entries(files)) await put(name, content);
      await at(work, ["add", "--all"]);
      await at(work, ["commit", "--quiet", "--allow-empty", "--message", message]);
      await at(work, ["push", "--quiet", "--force", "origin", "HEAD:main"]);
      return at(work, ["rev-parse", "HEAD"]);
    },
    link: async (name, target) => {
      await mkdir(dirname(join(work, name)), { recursive: true });
      await symlink(target, join(work, name));
    },
    hide: async () => rename(path, `${path}.hidden`),
    restore: async () => rename(`${path}.hidden`, path),
    remove: async () => rm(folder, { recursive: true, force: true }),
  };
}
