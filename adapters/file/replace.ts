import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm } from "node:fs/promises";
import type { ErrorFacts } from "../errors.ts";
import { OutcomeUnknown, Terminal } from "../errors.ts";
import { stopIfAborted, unless } from "./failures.ts";
import type { Folder } from "./folder.ts";
import type { Lock } from "./lock.ts";
import { sweep } from "./lock.ts";
import { newOwnerName } from "./owner.ts";
import type { Snapshot } from "./snapshot.ts";
import { isStill, versionOf } from "./snapshot.ts";

export interface Replacement {
  readonly folder: Folder;
  readonly name: string;
  readonly text: string;
  /** Of a new file. An existing one keeps whatever of its own mode is not wider. */
  readonly mode: number;
  /** What is replaced. */
  readonly before: Snapshot;
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Puts a new file in the place of the old one: a temporary file beside it, synced, then renamed over it, so that a reader sees the
 * old text or the new one and a crash leaves one of them. Returns the new version, or undefined where the old file or our lock was
 * no longer as expected at the last moment: then nothing was done.
 */
export async function replace(
  order: Replacement,
  lock: Lock,
  facts: ErrorFacts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { folder, name, before } = order;
  if (before.stat !== undefined && before.stat.nlink > 1n) throw hardLinked(facts);
  const temporary = `.${name}.velvet-tmp-${await newOwnerName()}`;
  const handle = await open(folder.at(temporary), CREATE, 0o600);
  try {
    await fill(handle, order, facts);
    stopIfAborted(signal, facts);
    if (!(await isStill(folder, name, before)) || !(await lock.held())) return undefined;
    await rename(folder.at(temporary), folder.at(name));
    const stat = await handle.stat({ bigint: true });
    await durable(folder, facts);
    await sweep(folder, name, Number(stat.mtimeMs));
    return versionOf(stat);
  } finally {
    await handle.close();
    await rm(folder.at(temporary), { force: true });
  }
}

async function fill(handle: FileHandle, order: Replacement, facts: ErrorFacts): Promise<void> {
  const { stat } = order.before;
  await keepOwner(handle, order, facts);
  await handle.chmod(stat === undefined ? order.mode : Number(stat.mode) & order.mode);
  const bytes = Buffer.from(order.text, "utf8");
  await handle.writeFile(bytes);
  bytes.fill(0);
  await handle.sync();
}

/** The old file's owner, or for a new file made by root that of the folder: else the consumer could no longer read it. */
async function keepOwner(handle: FileHandle, order: Replacement, facts: ErrorFacts): Promise<void> {
  const mine = await handle.stat();
  const { stat } = order.before;
  const wanted =
    stat === undefined ? await ownerOfNew(mine, order.folder) : { uid: Number(stat.uid), gid: Number(stat.gid) };
  if (wanted.uid === mine.uid && wanted.gid === mine.gid) return;
  const kept = await unless(
    ["EPERM"],
    handle.chown(wanted.uid, wanted.gid).then(() => true),
  );
  if (kept === undefined) throw ownerWouldChange(facts);
}

async function ownerOfNew(mine: { readonly uid: number; readonly gid: number }, folder: Folder) {
  return mine.uid === 0 ? folder.owner() : mine;
}

async function durable(folder: Folder, facts: ErrorFacts): Promise<void> {
  try {
    await folder.sync();
  } catch {
    throw new OutcomeUnknown(
      { reason: "NotDurable", message: "The file was replaced, but the disk did not confirm it." },
      facts,
    );
  }
}

function ownerWouldChange(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "OwnerWouldChange",
      message: "The file belongs to another user, and replacing it would take it away from its reader.",
      remedy: "Run Velvet as that user or as root, or give the file to Velvet's user and a group that may read it.",
    },
    facts,
  );
}

function hardLinked(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "TargetHardLinked",
      message: "The file has other names (hard links), which would keep the old value.",
      remedy: "Make it a file of its own.",
    },
    facts,
  );
}
