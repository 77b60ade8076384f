/** The published checkpoint: a file outside of the database, so that a restore of the one does not bring back the other. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { hashOf, parsePublished, type Published } from "./statement.ts";

export type Found =
  | { readonly kind: "absent" }
  /** It may be there, and nobody can tell what it says. */
  | { readonly kind: "unreadable"; readonly code: string }
  /** `hash` is that of its statement, or of its whole text where it holds none. */
  | { readonly kind: "text"; readonly hash: string; readonly published?: Published };

/** Larger than any checkpoint: what is more is none. */
const LARGEST = 1 << 20;

export function foundIn(text: string): Found {
  const published = parsePublished(text);
  return published === undefined
    ? { kind: "text", hash: hashOf(text) }
    : { kind: "text", hash: published.hash, published };
}

export async function readPublished(path: string): Promise<Found> {
  try {
    return foundIn((await readFile(path, "utf8")).slice(0, LARGEST));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? { kind: "absent" } : { kind: "unreadable", code: code ?? "unknown" };
  }
}

/** Whole and on disk before it has its name. Replaces what is there: whether it may is decided before. */
export async function writePublished(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o711 }); // as the embedded ledger makes it
  const own = `${path}.${randomUUID()}`;
  try {
    await using file = await open(own, "wx", 0o644);
    await file.writeFile(text);
    await file.sync();
    await rename(own, path);
  } catch (error) {
    await rm(own, { force: true });
    throw error;
  }
  await using named = await open(folder, "r");
  await named.sync();
}
