/** The published checkpoint: a file outside of the database, so that a restore of the one does not bring back the other. */
import { randomUUID } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { mkdir, open, readFile, rm } from "node:fs/promises";
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
    return foundIn(capped(await readFile(path, "utf8")));
  } catch (error) {
    return notRead(error);
  }
}

function capped(text: string): string {
  return text.slice(0, LARGEST);
}

function notRead(error: unknown): Found {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? { kind: "absent" } : { kind: "unreadable", code: code ?? "unknown" };
}

/**
 * Whole and on disk before it has its name. Replaces only what was `judged`: what somebody put in its place since then would be gone before
 * anybody has looked at it. False: something else is there, which the next look is about. Without `judged` it replaces whatever is there.
 */
export async function writePublished(path: string, text: string, judged?: Found): Promise<boolean> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o711 }); // as the embedded ledger makes it
  const own = `${path}.${randomUUID()}`;
  try {
    await using file = await open(own, "wx", 0o644);
    await file.writeFile(text);
    await file.sync();
    if (judged !== undefined && !isStill(path, judged)) {
      await rm(own);
      return false;
    }
    renameSync(own, path);
  } catch (error) {
    await rm(own, { force: true });
    throw error;
  }
  await using named = await open(folder, "r");
  await named.sync();
  return true;
}

/** Read and renamed in one breath, with nothing of this process in between. */
function isStill(path: string, judged: Found): boolean {
  let found: Found;
  try {
    found = foundIn(capped(readFileSync(path, "utf8")));
  } catch (error) {
    found = notRead(error);
  }
  return found.kind === judged.kind && (found.kind !== "text" || judged.kind !== "text" || found.hash === judged.hash);
}
