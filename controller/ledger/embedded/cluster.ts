/**
 * The folder `<data dir>/embedded`: `data` (Postgres's own), `passwords.json` (0600) and `postgres.log`. It appears whole or not at
 * all, by a rename, so that a kill in the middle, or two first starts at once, leave nothing half made.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Account, canReach } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { EmbeddedError } from "./errors.ts";
import { isServer, readPostmaster } from "./postmaster.ts";

export const SUPERUSER = "velvet_superuser";
/** Roles that every embedded server has: who migrates, who works, who only reads the audit chains. */
export const ROLES = ["velvet_owner", "velvet_app", "velvet_auditor"] as const;

const RELOCATED = "/var/lib/velvet/relocated";
/** In a relocated throw-away: the link to it. */
const THROW_AWAY = "throw-away";

export interface Cluster {
  /** Postgres's data directory. */
  readonly folder: string;
  readonly log: string;
  /** By role. Generated, hexadecimal. */
  readonly passwords: ReadonlyMap<string, string>;
}

export interface ClusterOptions {
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** False for a throw-away: nothing is flushed to disk. */
  readonly durable: boolean;
}

/** Opens the cluster in `dataDir`, making it at the first start: about 0.5 s. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const link = join(resolve(options.dataDir), "embedded");
  if (!existsSync(link)) await makeCluster(link, options);
  const home = await realpath(link);
  const cluster = { folder: join(home, "data"), log: join(home, "postgres.log"), passwords: await readPasswords(home) };
  await refuseOtherMajor(cluster.folder, options.binaries);
  return cluster;
}

async function readPasswords(home: string): Promise<ReadonlyMap<string, string>> {
  try {
    const text = await readFile(join(home, "passwords.json"), "utf8");
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  } catch {
    throw new EmbeddedError(
      "EmbeddedPasswordsLost",
      `${join(home, "passwords.json")} cannot be read, and without it nobody can log in to the ledger beside it`,
      "Restore it from a backup, and run Velvet as the user who owns it.",
    );
  }
}

async function refuseOtherMajor(folder: string, binaries: Binaries): Promise<void> {
  const made = (await readFile(join(folder, "PG_VERSION"), "utf8")).trim();
  const have = binaries.version.split(".")[0];
  if (made === have) return;
  throw new EmbeddedError(
    "EmbeddedVersionMismatch",
    `the embedded ledger in ${folder} was made by Postgres ${made}, and this Velvet brings ${have}`,
    `Run the Velvet that brought Postgres ${made}, dump the database \`velvet\`, and load it where DATABASE_URL will point.`,
  );
}

async function makeCluster(home: string, options: ClusterOptions): Promise<void> {
  const { account } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // A new folder is Velvet's own: the server's account may pass through it, and list nothing.
  if (account !== undefined && (await readdir(dataDir)).length === 0) await chmod(dataDir, 0o711);
  const parent = await reachableParent(dataDir, account);
  const stage = await mkdtemp(join(parent, ".embedded-"));
  try {
    await chmod(stage, 0o711);
    if (parent === RELOCATED && !options.durable) await writeFile(join(stage, THROW_AWAY), home);
    const passwords = Object.fromEntries([SUPERUSER, ...ROLES].map((role) => [role, randomBytes(24).toString("hex")]));
    await writeFile(join(stage, "passwords.json"), JSON.stringify(passwords), { mode: 0o600 });
    await initialise(stage, passwords[SUPERUSER] ?? "", options);
    await publish(stage, home);
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Where the cluster's files can be: in the data directory, or, where root keeps that from the server's account (a checkout under
 * `/root`), outside of it, with a link to it.
 */
async function reachableParent(dataDir: string, account: Account | undefined): Promise<string> {
  if (account === undefined || canReach(account, dataDir)) return dataDir;
  await mkdir(RELOCATED, { recursive: true, mode: 0o711 });
  await sweep();
  if (canReach(account, RELOCATED)) return RELOCATED;
  throw new EmbeddedError(
    "EmbeddedUnreachable",
    `Velvet runs as root, and the account \`${account.name}\` that runs the embedded Postgres cannot enter ${dataDir}`,
    "Set VELVET_DATA_DIR to a folder that every account may enter, such as /var/lib/velvet.",
  );
}

/** Removes relocated throw-aways whose data directory is gone. One that is meant to last is never touched. */
async function sweep(): Promise<void> {
  for (const name of await readdir(RELOCATED)) {
    const folder = join(RELOCATED, name);
    const home = await readFile(join(folder, THROW_AWAY), "utf8").catch(() => "");
    const server = await readPostmaster(join(folder, "data"));
    const used = server !== undefined && isServer(server.pid);
    if (home !== "" && !existsSync(dirname(home)) && !used) await rm(folder, { recursive: true, force: true });
  }
}

async function initialise(stage: string, password: string, options: ClusterOptions): Promise<void> {
  const { account, binaries, durable } = options;
  const data = join(stage, "data");
  const passwordFile = join(stage, "initdb-password");
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) for (const path of [data, passwordFile]) await chown(path, account.uid, account.gid);
  const settings = ["--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-instructions"];
  const args = [
    "-D",
    data,
    "-U",
    SUPERUSER,
    `--pwfile=${passwordFile}`,
    ...settings,
    ...(durable ? [] : ["--no-sync"]),
  ];
  try {
    await promisify(execFile)(binaries.initdb, args, { ...as(account), cwd: "/", env: serverEnvironment() });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? (error as Error).message;
    throw new EmbeddedError("EmbeddedStartFailed", `initdb failed: ${said}`, "Free space, or fix what it names.");
  }
  await rm(passwordFile);
}

/** The first to rename wins; a second first start uses the winner's cluster. */
async function publish(stage: string, home: string): Promise<void> {
  try {
    if (stage.startsWith(join(home, ".."))) await rename(stage, home);
    else await symlink(stage, home);
  } catch (error) {
    if (!existsSync(home) || (await readdir(home)).length === 0) throw error;
    await rm(stage, { recursive: true, force: true });
  }
}

export function as(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/** Nothing of Velvet's own environment: it holds secrets that the server has no use for. */
export function serverEnvironment(): Record<string, string> {
  return { LC_ALL: "C", TZ: "UTC", PATH: "/usr/local/bin:/usr/bin:/bin" };
}
