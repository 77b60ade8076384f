/** What `postmaster.pid` and the kernel say about a server, and how to await a change of that. */
import { spawnSync } from "node:child_process";
import { readFileSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The first lines of `postmaster.pid`; `port` and `status` come only once the server has got that far. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number | undefined;
  readonly ready: boolean;
  readonly text: string;
}

/** Reads `postmaster.pid`: undefined when no server has the folder (or it has just stopped). */
export async function readPostmaster(folder: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(folder, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const port = Number(lines[3]);
  return { pid, port: port > 0 ? port : undefined, ready: lines[7]?.trim() === "ready", text };
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
