import { lstat, mkdir, readdir, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../contract.ts";
import type { ErrorFacts } from "../errors.ts";
import { Transient } from "../errors.ts";
import { aborted, codeOf, unless } from "./failures.ts";
import type { Folder } from "./folder.ts";
import { lifeOf, newOwnerName } from "./owner.ts";

/** No writer commits after it has held a lock for this long. */
const HOLD_MS = 20_000;
const WAIT_MS = 10_000;
/** A lock whose holder cannot be looked up from here is taken for left behind after this long: well above waiting and holding. */
const LEFT_MS = 60_000;

export interface Lock extends AsyncDisposable {
  /** Asked at the last moment before a commit: is it still ours, and fresh? */
  held(): Promise<boolean>;
}

/**
 * One writer at a time for one file, across programs and containers that share the folder.
 *
 * The lock is a folder `.<name>.velvet-lock` that holds one file, named after its owner. It is taken by renaming a prepared folder
 * to that name: atomic, and refused while the name is a folder with something in it. It is broken by unlinking the dead owner's own
 * file: that name can never be a later owner's, so two who break the same lock cannot break a third's. An empty folder is free.
 */
export async function acquire(
  folder: Folder,
  name: string,
  clock: Clock,
  facts: ErrorFacts,
  signal: AbortSignal,
): Promise<Lock> {
  const owner = await newOwnerName();
  const lock = `.${name}.velvet-lock`;
  const ticket = `${lock}-${owner}`;
  const since = clock.monotonicMs();
  await mkdir(folder.at(ticket), { mode: 0o700 });
  try {
    await writeFile(folder.at(`${ticket}/${owner}`), "", { flag: "wx", mode: 0o600 });
    const { mtimeMs } = await lstat(folder.at(`${ticket}/${owner}`));
    while (!(await taken(folder, ticket, lock))) {
      const waited = clock.monotonicMs() - since;
      if (signal.aborted) throw aborted(facts);
      if (waited > WAIT_MS) throw busy(facts);
      // The file system's own clock, as our own file has it, so that machines may disagree about the time.
      if (!(await breakDead(folder, lock, mtimeMs + waited))) await pause(10);
    }
  } catch (error) {
    await rm(folder.at(ticket), { recursive: true, force: true });
    throw error;
  }
  const taking = clock.monotonicMs();
  return {
    held: async () =>
      clock.monotonicMs() - taking < HOLD_MS &&
      (await unless(["ENOENT", "ENOTDIR"], lstat(folder.at(`${lock}/${owner}`)))) !== undefined,
    [Symbol.asyncDispose]: async () => {
      await unless(["ENOENT"], unlink(folder.at(`${lock}/${owner}`)));
      await unless(["ENOENT", "ENOTEMPTY", "EEXIST"], rmdir(folder.at(lock)));
    },
  };
}

async function taken(folder: Folder, ticket: string, lock: string): Promise<boolean> {
  try {
    await rename(folder.at(ticket), folder.at(lock));
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

/** Unlinks the files of owners that are gone. True where there was one. */
async function breakDead(folder: Folder, lock: string, nowMs: number): Promise<boolean> {
  let broken = false;
  for (const owner of (await unless(["ENOENT"], readdir(folder.at(lock)))) ?? []) {
    if (!(await isLeft(folder.at(`${lock}/${owner}`), owner, nowMs, LEFT_MS))) continue;
    await unless(["ENOENT"], unlink(folder.at(`${lock}/${owner}`)));
    broken = true;
  }
  return broken;
}

/** True when the maker of this file is dead, or cannot be looked up and made it longer ago than `afterMs`. */
async function isLeft(path: string, owner: string, nowMs: number, afterMs: number): Promise<boolean> {
  const life = await lifeOf(owner);
  if (life !== "unknown") return life === "dead";
  const stat = await unless(["ENOENT"], lstat(path));
  return stat !== undefined && nowMs - stat.mtimeMs > afterMs;
}

/** Removes what killed writers of this file left in the folder: temporary files and tickets. `nowMs` in the file system's clock. */
export async function sweep(folder: Folder, name: string, nowMs: number): Promise<void> {
  for (const entry of await readdir(folder.at("."))) {
    const owner = ["tmp", "lock"]
      .map((kind) => `.${name}.velvet-${kind}-`)
      .filter((start) => entry.startsWith(start))
      .map((start) => entry.slice(start.length))[0];
    if (owner === undefined || !(await isLeft(folder.at(entry), owner, nowMs, 10 * LEFT_MS))) continue;
    await rm(folder.at(entry), { recursive: true, force: true });
  }
}

function busy(facts: ErrorFacts): Transient {
  return new Transient({ reason: "TargetBusy", message: "Another writer holds the file's lock." }, facts, 1000);
}
