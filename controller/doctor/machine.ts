import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { findKeys } from "../kek.ts";
import { serverAccount } from "../ledger/embedded/account.ts";
import { embeddedPackage } from "../ledger/embedded/binaries.ts";
import { type Finding, missing, missingBy, ok, warn } from "./finding.ts";

const OLDEST_NODE = [24, 12];
const OLDEST_GIT = [2, 25];

export function checkNode(version: string): Finding {
  if (atLeast(version, OLDEST_NODE)) return ok("node", `Node ${version}`);
  return missing(
    "node",
    `This is Node ${version}, and Velvet needs ${OLDEST_NODE.join(".")} or newer.`,
    "Install Node 24.",
  );
}

/** `inherited` is the controller's environment: only its PATH is used. */
export function checkGit(inherited: Readonly<Record<string, string | undefined>>): Finding {
  const asked = spawnSync("git", ["--version"], { encoding: "utf8", env: { PATH: inherited["PATH"], LC_ALL: "C" } });
  const version = /\d+(\.\d+)+/.exec(asked.stdout ?? "")?.[0];
  if (version === undefined) return missing("git", "There is no git on the PATH.", "Install git 2.25 or newer.");
  if (atLeast(version, OLDEST_GIT)) return ok("git", `git ${version}`);
  return missing("git", `This is git ${version}, and Velvet needs 2.25 or newer.`, "Install a newer git.");
}

/** Compares major and minor. */
function atLeast(version: string, least: readonly number[]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/** Whether an embedded Postgres could run here: its programs, an account to run them as, a folder to keep it in. */
export function checkEmbedded(config: Config): Finding[] {
  const found = embeddedPackage();
  const programs =
    found === undefined
      ? missing(
          "embedded",
          `No embedded Postgres is installed for ${process.platform}-${process.arch}.`,
          "Install with optional dependencies (npm ci --include=optional), or set DATABASE_URL.",
        )
      : ok("embedded", `${found.name} is installed`);
  return [programs, checkAccount(), checkFolder(config.dataDir)];
}

function checkAccount(): Finding {
  try {
    const account = serverAccount();
    return ok(
      "account",
      account === undefined ? "the embedded Postgres runs as you" : `it runs as \`${account.name}\``,
    );
  } catch (error) {
    return missingBy("account", error, "Run Velvet as an ordinary user, or set DATABASE_URL.");
  }
}

function checkFolder(path: string): Finding {
  let nearest = path;
  while (!existsSync(nearest)) nearest = join(nearest, "..");
  const good = statSync(nearest).isDirectory() && canWrite(nearest);
  if (good) return ok("data-dir", nearest === path ? path : `${path} will be made at the first start`);
  return missing("data-dir", `${nearest} is no folder that can be written.`, "Set VELVET_DATA_DIR to another place.");
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** That there is a key, or that one will be made; makes none. */
export async function checkKek(config: Config): Promise<Finding> {
  try {
    if ((await findKeys(config)) !== undefined) return ok("kek", "the key-encryption key can be read");
  } catch (error) {
    return missingBy("kek", error, "Give VELVET_KEK or VELVET_KEK_FILE.");
  }
  if (!existsSync(join(config.dataDir, "embedded"))) return ok("kek", "it will be made at the first start");
  const path = join(config.dataDir, "kek");
  return missing("kek", `${path} is gone, and the ledger beside it is not.`, "Restore it from a backup.");
}

/** `VELVET_ACCOUNTS_DIR`, where it is set. */
export function checkAccountsDir(config: Config): Finding[] {
  const path = config.accountsDir;
  if (path === undefined) return [];
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    return [
      missing("accounts-dir", `${path} is no folder.`, "Correct VELVET_ACCOUNTS_DIR, or mount the secrets there."),
    ];
  }
  const open = (found.mode & 0o007) !== 0;
  return [
    open
      ? warn("accounts-dir", `${path} is open to every user of this machine.`, `chmod o-rwx ${path}`)
      : ok("accounts-dir", path),
  ];
}
