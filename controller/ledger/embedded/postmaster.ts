/** What `postmaster.pid` and the kernel say about a server, and how to await a change of that. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync, unlinkSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The first lines of `postmaster.pid`; `port` and `status` come only once the server has got that far. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number | undefined;
  readonly ready: boolean;
}

/** Reads `postmaster.pid`: undefined when no server has the folder (or it has just stopped). */
export async function readPostmaster(folder: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(folder, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const port = Number(lines[3]);
  return { pid, port: port > 0 ? port : undefined, ready: lines[7]?.trim() === "ready" };
}

/**
 * True when `pid` is a live Postgres. A zombie is none (a killed server may wait seconds for its new parent to notice), and neither is
 * some other program that was given a dead server's number, as happens in containers.
 */
export function isServer(pid: number): boolean {
  if (process.platform === "linux") {
    const state = /\) (\S)/.exec(procFile(pid, "stat"))?.[1];
    const program = procFile(pid, "cmdline").split("\0")[0] ?? "";
    return state !== undefined && state !== "Z" && /(^|\/)postgres$/.test(program);
  }
  const asked = spawnSync("ps", ["-o", "stat=,args=", "-p", String(pid)], { encoding: "utf8" });
  return asked.status === 0 && !asked.stdout.trim().startsWith("Z") && asked.stdout.includes("postgres -D");
}

/** True when a process with this number runs here. A zombie does not: it has no files and no connections any more. */
export function isAlive(pid: number): boolean {
  return numberTaken(pid) && (process.platform !== "linux" || !/\) Z/.test(procFile(pid, "stat")));
}

/**
 * Removes a dead server's `postmaster.pid` where Postgres would not do so itself: when its number now belongs to a zombie or to another
 * program, or when a crash of the machine left it empty. Postgres's own check for shared memory in use stays, so a half-dead server is
 * never run over.
 */
export function dropStale(folder: string): void {
  const path = join(folder, "postmaster.pid");
  try {
    const pid = Number(readFileSync(path, "utf8").split("\n")[0]);
    const empty = pid === 0 && Date.now() - statSync(path).mtimeMs > EMPTY_MS;
    if (empty || (pid > 0 && numberTaken(pid) && !isServer(pid))) unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** A server that is starting fills the file at once. */
const EMPTY_MS = 10_000;

function numberTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/**
 * Looks at `folder` until `look` finds something, whenever something in it changes. File events can be missed on some filesystems, and
 * none comes when a process dies, so it also looks every 100 ms. Returns undefined after `deadlineMs`.
 */
export async function awaitIn<T>(
  folder: string,
  deadlineMs: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = performance.now() + deadlineMs;
  let wake = (): void => undefined;
  const watcher = watch(folder, { persistent: false }, () => wake());
  watcher.on("error", () => undefined);
  try {
    while (performance.now() < end) {
      const changed = new Promise<void>((resolve) => (wake = resolve));
      const found = await look();
      if (found !== undefined) return found;
      await Promise.race([changed, tick()]);
    }
    return undefined;
  } finally {
    watcher.close();
  }
}

async function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
