import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { SourceFailure } from "./failure.ts";
import { utf8 } from "./git/documents.ts";
import type { DesiredDocument, Problem, ReadManifests, Source, SourceLook } from "./look.ts";

export interface FolderSourceOptions {
  readonly name: string;
  /** The platform team's folder, as `VELVET_PLATFORM_DIR` names it. */
  readonly folder: string;
  readonly read: ReadManifests;
  /** The controller's `VELVET_ENV`. */
  readonly environment?: string;
  /** Bytes of one file. */
  readonly largestFile?: number;
  readonly mostFiles?: number;
}

const LARGEST_FILE = 262_144;
const MOST_FILES = 2_000;
const MANIFEST = /\.(?:yaml|yml|json)$/;

interface FoundFile {
  readonly path: string;
  /** Nothing where the file is too large. */
  readonly bytes: Buffer | undefined;
}

/**
 * Manifests of the platform team in a folder on this machine. The few files are read whole at every look, so that an edit within the
 * clock's grain is never missed. A link is followed only to a file inside the folder: that is how Kubernetes mounts a ConfigMap.
 */
export function folderSource(options: FolderSourceOptions): Source {
  let accepted: string | undefined;
  return {
    name: options.name,
    kind: "folder",
    look: async (cursor, signal) => {
      const files = await readFolder(options, signal);
      const seen = digest(files);
      if (seen === cursor && seen === accepted) return undefined;
      return lookOf(options, files, seen);
    },
    accepted: (look) => {
      accepted = look.cursor;
    },
    watch: (wake, signal) => {
      // Where the system cannot watch a folder, the poll is enough.
      try {
        watch(options.folder, { recursive: true, signal, persistent: false }, wake).on("error", () => undefined);
      } catch {
        return;
      }
    },
  };
}

async function readFolder(options: FolderSourceOptions, signal: AbortSignal): Promise<readonly FoundFile[]> {
  try {
    const root = await realpath(options.folder);
    const names = await readdir(root, { recursive: true });
    const paths = names
      .map((name) => name.split(sep).join("/"))
      .filter((path) => MANIFEST.test(path) && !path.split("/").some((part) => part.startsWith(".")))
      .sort();
    const most = options.mostFiles ?? MOST_FILES;
    if (paths.length > most) throw tooMany(paths.length, most);
    const files: FoundFile[] = [];
    for (const path of paths) {
      signal.throwIfAborted();
      const file = await readInside(root, path, options.largestFile ?? LARGEST_FILE);
      if (file !== undefined) files.push(file);
    }
    return files;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SourceFailure ? error : unreadable(options.folder, error);
  }
}

async function readInside(root: string, path: string, largest: number): Promise<FoundFile | undefined> {
  try {
    const real = await realpath(join(root, path));
    if (!real.startsWith(root + sep)) return undefined;
    const facts = await stat(real);
    if (!facts.isFile()) return undefined;
    return { path, bytes: facts.size > largest ? undefined : await readFile(real) };
  } catch (error) {
    // Removed between the listing and the reading: as if it had not been listed.
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function digest(files: readonly FoundFile[]): string {
  const hash = createHash("sha256");
  for (const { path, bytes } of files) {
    hash.update(`${path}\0${bytes?.length ?? "large"}\0`);
    if (bytes !== undefined) hash.update(bytes);
  }
  return hash.digest("hex");
}

function lookOf(options: FolderSourceOptions, files: readonly FoundFile[], cursor: string): SourceLook {
  const documents: DesiredDocument[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const text = file.bytes === undefined ? undefined : utf8(file.bytes);
    if (text === undefined) {
      problems.push(unread(file));
      continue;
    }
    const { path } = file;
    const { environment } = options;
    const read = options.read(
      { path, text },
      { tree: "platform", ...(environment === undefined ? {} : { environment }) },
    );
    problems.push(...read.problems);
    documents.push(
      ...read.documents.map(({ kind, name, namespace, spec, line }) => {
        return {
          kind,
          name,
          namespace: kind === "VendorAccount" ? "" : (namespace ?? ""),
          spec,
          origin: { path, line },
        };
      }),
    );
  }
  return { source: options.name, kind: "folder", cursor, trust: "claimed", documents, problems };
}

function unread(file: FoundFile): Problem {
  const code = file.bytes === undefined ? "FileTooLarge" : "NotUtf8";
  const message = file.bytes === undefined ? "The file is too large and was not read." : "The file is not UTF-8 text.";
  return { path: file.path, line: 0, column: 0, code, message };
}

function unreadable(folder: string, error: unknown): SourceFailure {
  const code = codeOf(error);
  const why = code === undefined ? "" : ` (${code})`;
  return new SourceFailure(
    code === "ENOENT" ? "FolderNotFound" : "FolderUnreadable",
    `The folder ${folder} could not be read${why}.`,
    "Check VELVET_PLATFORM_DIR and its permissions; what Velvet already knows stays in force.",
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function tooMany(count: number, most: number): SourceFailure {
  return new SourceFailure(
    "TooManyFiles",
    `The folder holds ${count} manifests; the limit is ${most}.`,
    "Remove some.",
  );
}
