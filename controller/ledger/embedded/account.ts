/** Postgres refuses to run as root, so a root Velvet gives it an account without rights. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EmbeddedError } from "./errors.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account for the server and its files: undefined where Velvet itself is unprivileged and runs it as it is. */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n").map(accountOf);
  const found =
    accounts.find((account) => account?.name === "postgres") ?? accounts.find((account) => account?.name === "nobody");
  if (found === undefined || found.uid === 0) {
    throw new EmbeddedError(
      "EmbeddedUnreachable",
      "Velvet runs as root and finds no account `postgres` or `nobody` to run the embedded Postgres as",
      "Run Velvet as an ordinary user, add the account `postgres`, or set DATABASE_URL.",
    );
  }
  return found;
}

function accountOf(line: string): Account | undefined {
  const [name, , uid, gid] = line.split(":");
  return name === undefined || uid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

/**
 * True when the account can enter `path`, or the nearest ancestor of it that exists. Asked of the kernel as that account, so that
 * access lists and mounts count.
 */
export function canReach(account: Account, path: string): boolean {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  const asked = spawnSync("test", ["-x", folder], { uid: account.uid, gid: account.gid, cwd: "/", stdio: "ignore" });
  if (asked.error === undefined) return asked.status === 0;
  throw new EmbeddedError(
    "EmbeddedUnreachable",
    `Velvet runs as root and may not start a program as \`${account.name}\``,
    "Run Velvet as an ordinary user (a container needs no root), or set DATABASE_URL.",
  );
}
