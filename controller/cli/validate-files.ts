/** Which files a command line means, and their text, without ever reading a large one whole. */
import { open, readdir, stat } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import picomatch from "picomatch";
import { MAX_BYTES } from "../sources/manifest/read.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { printable } from "./output.ts";

export interface FoundFile {
  /** As a person would write it, from where the command runs; `-` is stdin. */
  readonly path: string;
  /** Named by itself, and not found in a folder or by a pattern. */
  readonly named: boolean;
}

const EXTENSIONS: ReadonlySet<string> = new Set([".yaml", ".yml", ".json"]);

/**
 * Files as they are named, whatever they are called; of a folder every manifest below it; of a glob every file that it matches. Links,
 * hidden folders and node_modules are left out of folders and globs. Sorted, each once. Throws `CommandFailure` for what is not there.
 */
export async function findFiles(names: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const name of names)
    for (const file of await filesOf(name)) if (file.named || !found.has(file.path)) found.set(file.path, file);
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesOf(name: string): Promise<FoundFile[]> {
  if (name === "-") return [{ path: "-", named: true }];
  const entry = await stat(name).catch(() => undefined);
  if (entry?.isDirectory()) return (await below(name, (path) => EXTENSIONS.has(extname(path)))).map(inFolder);
  if (entry) return [{ path: name, named: true }];
  const { base, glob, isGlob } = picomatch.scan(name);
  if (!isGlob) throw misuse(`There is no file or folder ${printable(name)}.`, "Check the path and run it again.");
  const root = base === "" ? "." : base;
  const matches = picomatch(glob);
  const files = await stat(root).then(
    async () => below(root, (path) => matches(relative(root, path))),
    () => [],
  );
  if (files.length === 0) throw misuse(`No file matches ${printable(name)}.`, "Check the pattern and run it again.");
  return files.map(inFolder);
}

function inFolder(path: string): FoundFile {
  return { path, named: false };
}

async function below(folder: string, wanted: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => unreadable(folder, error));
  const nested = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isLeftOut(entry.name) ? [] : below(path, wanted);
    return entry.isFile() && wanted(path) ? [path] : [];
  });
  return (await Promise.all(nested)).flat();
}

function isLeftOut(folder: string): boolean {
  return folder.startsWith(".") || folder === "node_modules";
}

function unreadable(path: string, error: unknown): never {
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  throw new CommandFailure(
    {
      happened: `${printable(path)} cannot be read${code}.`,
      stillFine: "Nothing was changed.",
      next: "Let your user read it, or name other paths, and run it again.",
    },
    2,
  );
}

export interface FileBytes {
  /** At most one byte more than a manifest may have. */
  readonly bytes: Buffer;
  /** True where the file is larger than a manifest may be: then `bytes` is only its beginning. */
  readonly cut: boolean;
  /** Of the whole file in bytes, where that is known beforehand. */
  readonly size?: number;
}

/** Reads a file, pipe or device, but never more than a manifest may have. Throws `CommandFailure`. */
export async function readBytes({ path }: FoundFile, stdin: AsyncIterable<Uint8Array>): Promise<FileBytes> {
  if (path === "-") return atMost(stdin);
  try {
    await using file = await open(path);
    const facts = await file.stat();
    const read = await atMost(file.createReadStream({ end: MAX_BYTES, autoClose: false }));
    return facts.isFile() ? { ...read, size: facts.size } : read;
  } catch (error) {
    return unreadable(path, error);
  }
}

async function atMost(chunks: AsyncIterable<Uint8Array>): Promise<FileBytes> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  return { bytes: Buffer.concat(parts), cut: size > MAX_BYTES };
}
