/** What the adapter file says. */
import { IN_USE, NORMAL, NOTHING, RETRIES } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const FILE_REASONS: Readonly<Record<string, Reason>> = {
  RootWritable: {
    meaning: "The root folder is there and can be written.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account"],
  },
  RootInvalid: {
    meaning: "The account's root is no absolute path that can be used.",
    fine: IN_USE,
    remedy: "Correct the VendorAccount.",
    where: ["account"],
  },
  RootMissing: {
    meaning: "The account's root folder does not exist.",
    fine: IN_USE,
    remedy: "Create or mount the folder, or correct root in the VendorAccount.",
    where: ["account", "consumer"],
  },
  PathInvalid: {
    meaning: "The path is not one below the account's root.",
    fine: IN_USE,
    remedy: "Correct path in the manifest; it has neither `..` nor a leading slash.",
    where: ["consumer"],
  },
  PathIsLink: {
    meaning: "A part of the path below the root is a symbolic link, and links are never followed.",
    fine: IN_USE,
    remedy: "Name the real path in the manifest.",
    where: ["consumer"],
  },
  PathNotAFolder: {
    meaning: "A part of the path that must be a folder is a file.",
    fine: IN_USE,
    remedy: "Correct path in the manifest.",
    where: ["consumer"],
  },
  PathTooLong: {
    meaning: "The file's name leaves no room for the temporary name beside it.",
    fine: IN_USE,
    remedy: "Use a name of at most 180 characters.",
    where: ["consumer"],
  },
  TargetIsFolder: {
    meaning: "The path names a folder, not a file.",
    fine: IN_USE,
    remedy: "Correct path in the manifest.",
    where: ["consumer"],
  },
  TargetNotAFile: {
    meaning: "The path names a pipe, socket or device.",
    fine: IN_USE,
    remedy: "Correct path in the manifest.",
    where: ["consumer"],
  },
  TargetTooLarge: {
    meaning: "The file is larger than 256 KiB, which no file of credentials should be.",
    fine: IN_USE,
    remedy: "Name a file of its own for the credential.",
    where: ["consumer"],
  },
  TargetIsMount: {
    meaning: "The file is a mount point of its own and cannot be replaced at once.",
    fine: IN_USE,
    remedy: "Mount the folder that holds it and not the single file.",
    where: ["consumer"],
  },
  TargetHardLinked: {
    meaning: "The file has other names (hard links), which would keep the old value.",
    fine: IN_USE,
    remedy: "Make it a file of its own.",
    where: ["consumer"],
  },
  TargetReadOnly: {
    meaning: "The file system is mounted read-only.",
    fine: IN_USE,
    remedy: "Mount it writable for Velvet.",
    where: ["consumer", "account"],
  },
  TargetForbidden: {
    meaning: "Velvet's user may not read or write there.",
    fine: IN_USE,
    remedy: "Give Velvet's user read, write and search permission on the folder, and read permission on the file.",
    where: ["consumer", "account"],
  },
  TargetChanging: {
    meaning: "Somebody else changed the file or its folder while Velvet looked.",
    fine: IN_USE,
    remedy: "Wait; Velvet tries again. Find the other writer where it stays so.",
    where: ["consumer"],
  },
  TargetBusy: {
    meaning: "Another writer holds the file's lock.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["consumer"],
  },
  VersionConflict: {
    meaning: "The target changed since it was looked at, so nothing was written.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["consumer"],
  },
  OwnerWouldChange: {
    meaning: "The file belongs to another user, and replacing it would take it away from its reader.",
    fine: IN_USE,
    remedy: "Run Velvet as that user or as root, or give the file to Velvet's user and a group that may read it.",
    where: ["consumer"],
  },
  NotDurable: {
    meaning: "The file was replaced, but the disk did not confirm it.",
    fine: IN_USE,
    remedy: "Look at the disk; Velvet reads the file again and goes on from there.",
    where: ["consumer"],
  },
  DiskFull: {
    meaning: "There is no space left for the file; it is as it was.",
    fine: IN_USE,
    remedy: "Free some space, or raise the limit.",
    where: ["consumer"],
  },
  TooManyOpenFiles: {
    meaning: "Velvet or the machine has too many files open.",
    fine: IN_USE,
    remedy: "Raise the limit of open files; Velvet tries again.",
    where: ["consumer"],
  },
  FileSystemFailed: {
    meaning: "The file system failed in an unexpected way.",
    fine: IN_USE,
    remedy: "Look at the system's log; Velvet looks what the file holds and tries again.",
    where: ["consumer", "account"],
  },
  FileNotUnderstood: {
    meaning: "The file cannot be edited safely as what it should be, so nothing was written.",
    fine: IN_USE,
    remedy: "Correct the file; the message says what is wrong.",
    where: ["consumer"],
  },
  KeyNameInvalid: {
    meaning: "The key's name is none that the file's format can hold.",
    fine: IN_USE,
    remedy: "Use letters, digits, `_`, `-` and `.` in the consumer's keys[].name.",
    where: ["consumer"],
  },
  KeyNotText: {
    meaning: "The key holds an object or a list there, which a credential would destroy.",
    fine: IN_USE,
    remedy: "Choose another key name, or remove that member by hand.",
    where: ["consumer"],
  },
  ValueNotRepresentable: {
    meaning: "The value has characters that the file's format cannot hold for every reader.",
    fine: IN_USE,
    remedy: "Use format json for this consumer, or an issuer whose values are plain text.",
    where: ["consumer"],
  },
};
