import type { AdapterError, ErrorFacts, ErrorText } from "../errors.ts";
import { OutcomeUnknown, Terminal, Transient, isAdapterError } from "../errors.ts";

/** What is done to which file, for error facts: the path is relative to the account's root. */
export function factsOf(verb: "observe" | "write" | "probe", path: string): ErrorFacts {
  return { vendor: "file", operation: `${verb} ${path}` };
}

interface Ruling extends ErrorText {
  readonly again: boolean;
}

const RULINGS: Readonly<Record<string, Ruling>> = {
  EROFS: {
    again: false,
    reason: "TargetReadOnly",
    message: "The file system is mounted read-only.",
    remedy: "Mount it writable for Velvet.",
  },
  EACCES: {
    again: false,
    reason: "TargetForbidden",
    message: "Velvet's user may not read or write there.",
    remedy: "Give Velvet's user read, write and search permission on the folder, and read permission on the file.",
  },
  ENOSPC: {
    again: true,
    reason: "DiskFull",
    message: "No space is left on the device; the file is as it was.",
    remedy: "Free some space.",
  },
  ENOTDIR: {
    again: false,
    reason: "PathNotAFolder",
    message: "A part of the path that must be a folder is a file.",
    remedy: "Correct `path` in the manifest.",
  },
  EISDIR: {
    again: false,
    reason: "TargetIsFolder",
    message: "The path names a folder, not a file.",
    remedy: "Correct `path` in the manifest.",
  },
  ELOOP: {
    again: false,
    reason: "PathIsLink",
    message: "A part of the path below the root is a symbolic link, and links are never followed.",
    remedy: "Name the real path in the manifest.",
  },
  ENOENT: {
    again: true,
    reason: "TargetChanging",
    message: "Somebody else moved or removed files there while Velvet looked.",
  },
  ENOROOT: {
    again: false,
    reason: "RootMissing",
    message: "The account's root folder does not exist.",
    remedy: "Create or mount the folder, or correct `root` in the VendorAccount.",
  },
  ENAMETOOLONG: {
    again: false,
    reason: "PathTooLong",
    message: "The file's name leaves no room for the temporary name beside it.",
    remedy: "Use a name of at most 180 characters.",
  },
  EBUSY: {
    again: false,
    reason: "TargetIsMount",
    message: "The file is a mount point of its own and cannot be replaced atomically.",
    remedy: "Mount the folder that holds it and not the single file.",
  },
  EMFILE: { again: true, reason: "TooManyOpenFiles", message: "Velvet or the machine has too many files open." },
  EFBIG: {
    again: false,
    reason: "DiskFull",
    message: "The file would be larger than the limit for Velvet's user.",
    remedy: "Raise the file size limit.",
  },
};

const SAME: Readonly<Record<string, string>> = { EPERM: "EACCES", EDQUOT: "ENOSPC", ENFILE: "EMFILE" };

/**
 * The typed error for whatever the file system said. Node's own error is dropped: its message has absolute paths. What is not in the
 * table is unknown after a write and worth another try after a read.
 */
export function failureOf(error: unknown, facts: ErrorFacts, writing: boolean): AdapterError {
  if (isAdapterError(error)) return error;
  const code = codeOf(error);
  const coded = code === undefined ? facts : { ...facts, code };
  const ruling = RULINGS[SAME[code ?? ""] ?? code ?? ""];
  if (ruling !== undefined) {
    const { again, ...text } = ruling;
    return again ? new Transient(text, coded) : new Terminal(text, coded);
  }
  const text = { reason: "FileSystemFailed", message: "The file system failed in an unexpected way." };
  return writing ? new OutcomeUnknown(text, coded) : new Transient(text, coded);
}

/** `ENOENT` and the like. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Runs `work`; undefined where it failed with one of these codes. */
export async function unless<T>(codes: readonly string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}

/** Throws `Transient` `Aborted` once the signal has aborted. Nothing was changed. */
export function stopIfAborted(signal: AbortSignal, facts: ErrorFacts): void {
  if (signal.aborted) throw aborted(facts);
}

export function aborted(facts: ErrorFacts): Transient {
  return new Transient({ reason: "Aborted", message: "Velvet stopped before anything was written." }, facts);
}
