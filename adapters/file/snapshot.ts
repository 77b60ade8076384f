import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { ErrorFacts } from "../errors.ts";
import { Terminal, Transient } from "../errors.ts";
import { unless } from "./failures.ts";
import type { Folder } from "./folder.ts";

/** A file as it was at one moment. */
export interface Snapshot {
  readonly text: string;
  readonly version: string;
  /** Undefined where there is no such file. */
  readonly stat: BigIntStats | undefined;
}

/** The version of a file that does not exist. */
export const ABSENT = "absent";

const NOTHING: Snapshot = { text: "", version: ABSENT, stat: undefined };
const MAX_BYTES = 256 * 1024;
const TRIES = 5;
/** Never through a link, and never waiting for the other end of a pipe. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Names a state of a file by what the file system says of it, and by nothing of what it holds: a hash of the content would let a
 * short secret be guessed. A file that is replaced has another inode; one that is edited in place has other times.
 */
export function versionOf(stat: BigIntStats): string {
  return [stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].map((part) => part.toString(36)).join("-");
}

/** Is it still the file that was read? */
export async function isStill(folder: Folder, name: string, seen: Snapshot): Promise<boolean> {
  const stat = await unless(["ENOENT"], lstat(folder.at(name), { bigint: true }));
  return (stat === undefined ? ABSENT : versionOf(stat)) === seen.version;
}

/** Reads the whole file; a missing one is empty. Throws `Transient` `TargetChanging` when it never held still. */
export async function look(folder: Folder | undefined, name: string, facts: ErrorFacts): Promise<Snapshot> {
  if (folder === undefined) return NOTHING;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const snapshot = await lookOnce(folder, name, facts);
    if (snapshot !== undefined) return snapshot;
  }
  throw new Transient({ reason: "TargetChanging", message: "The file kept changing while it was read." }, facts, 1000);
}

async function lookOnce(folder: Folder, name: string, facts: ErrorFacts): Promise<Snapshot | undefined> {
  const handle = await unless(["ENOENT"], open(folder.at(name), READ));
  if (handle === undefined) return NOTHING;
  try {
    const stat = await handle.stat({ bigint: true });
    refuseUnless(stat.isFile(), stat.isDirectory() ? FOLDER : NO_FILE, facts);
    refuseUnless(stat.size <= MAX_BYTES, TOO_LARGE, facts);
    const bytes = await handle.readFile();
    const after = versionOf(await handle.stat({ bigint: true }));
    return after === versionOf(stat) ? { text: decoded(bytes, facts), version: after, stat } : undefined;
  } finally {
    await handle.close();
  }
}

/** Text that could not be written back byte for byte is refused. */
function decoded(bytes: Buffer, facts: ErrorFacts): string {
  const text = bytes.toString("utf8");
  refuseUnless(Buffer.from(text, "utf8").equals(bytes), NOT_UTF8, facts);
  return text;
}

function refuseUnless(good: boolean, text: typeof FOLDER, facts: ErrorFacts): void {
  if (!good) throw new Terminal(text, facts);
}

const FOLDER = {
  reason: "TargetIsFolder",
  message: "The path names a folder, not a file.",
  remedy: "Correct `path` in the manifest.",
};
const NO_FILE = {
  reason: "TargetNotAFile",
  message: "The path names a pipe, socket or device.",
  remedy: "Correct `path` in the manifest.",
};
const TOO_LARGE = {
  reason: "TargetTooLarge",
  message: "The file is larger than 256 KiB, which no file of credentials should be.",
  remedy: "Name a file of its own for the credential.",
};
const NOT_UTF8 = {
  reason: "FileNotUnderstood",
  message: "The file is not UTF-8 text; nothing was written.",
  remedy: "Convert the file to UTF-8.",
};
