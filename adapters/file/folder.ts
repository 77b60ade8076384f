import { constants, existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { lstat, mkdir, open, realpath } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { codeOf, unless } from "./failures.ts";

/** An open folder below an account's root. Names inside it keep meaning this folder, whatever is renamed above it. */
export interface Folder extends AsyncDisposable {
  /** A path for `name` in this folder, valid while the folder is open. */
  at(name: string): string;
  owner(): Promise<{ readonly uid: number; readonly gid: number }>;
  /** Makes renames and new names in it durable. */
  sync(): Promise<void>;
}

const LOOK = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Walks from the root to a folder, one component at a time, never through a symbolic link: a tenant who can write below the root
 * could otherwise point into another tenant's folder, past what the account's `allow[]` says. The root itself may be a link; it is
 * the platform's. On Linux each step is taken relative to the open folder before it, so that no rename can lead it astray.
 *
 * Undefined where a folder is missing and `create` is false. Created folders are 0700 and, when Velvet is root, belong to whom the
 * folder above belongs. A missing root is never created: it is likelier not mounted.
 */
export async function openFolder(root: string, parts: readonly string[], create: boolean): Promise<Folder | undefined> {
  let folder = await openRoot(root);
  for (const part of parts) {
    const parent = folder;
    try {
      const next = await step(parent, part, create);
      if (next === undefined) return undefined;
      folder = next;
    } finally {
      await parent[Symbol.asyncDispose]();
    }
  }
  return folder;
}

async function openRoot(root: string): Promise<OpenFolder> {
  const real = await unless(["ENOENT"], realpath(root));
  if (real === undefined) throw Object.assign(new Error("no root"), { code: "ENOROOT" });
  return openAt(real, undefined);
}

async function step(parent: OpenFolder, part: string, create: boolean): Promise<OpenFolder | undefined> {
  const there = await unless(["ENOENT"], openAt(parent.at(part), parent));
  if (there !== undefined || !create) return there;
  const made = await unless(
    ["EEXIST"],
    mkdir(parent.at(part), { mode: 0o700 }).then(() => true),
  );
  const folder = await openAt(parent.at(part), parent);
  if (made === true) await adopt(folder, parent);
  return folder;
}

interface OpenFolder extends Folder {
  readonly handle: FileHandle;
}

async function openAt(path: string, parent: Folder | undefined): Promise<OpenFolder> {
  try {
    return folderOf(await open(path, parent === undefined ? LOOK : LOOK | constants.O_NOFOLLOW), path);
  } catch (error) {
    // Linux answers ENOTDIR for a link where a folder is asked for; a person needs to hear that it is a link.
    const isLink = codeOf(error) === "ENOTDIR" && (await lstat(path)).isSymbolicLink();
    throw isLink ? Object.assign(new Error("link"), { code: "ELOOP" }) : error;
  }
}

function folderOf(handle: FileHandle, path: string): OpenFolder {
  const viaDescriptor = `/proc/self/fd/${handle.fd}`;
  const base = platform() === "linux" && existsSync(viaDescriptor) ? viaDescriptor : path;
  return {
    handle,
    at: (name) => join(base, name),
    owner: () => handle.stat(),
    sync: () => handle.sync(),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function adopt(folder: OpenFolder, parent: OpenFolder): Promise<void> {
  const [mine, wanted] = [await folder.owner(), await parent.owner()];
  if (mine.uid === 0 && wanted.uid !== 0) await folder.handle.chown(wanted.uid, wanted.gid);
  await parent.sync();
}
