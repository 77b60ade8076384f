import type { Git } from "./command.ts";
import { HERE_MS } from "./cache.ts";

/** Sizes in bytes by object id. Every id must be in the cache. */
export async function blobSizes(
  git: Git,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const input = `${ids.join("\n")}\n`;
  const listing = await git.catFile(["--batch-check=%(objectname) %(objecttype) %(objectsize)"], {
    signal,
    input,
    timeoutMs: HERE_MS,
  });
  const sizes = new Map<string, number>();
  for (const line of listing.toString("latin1").split("\n")) {
    const [id = "", type, size] = line.split(" ");
    if (type === "blob") sizes.set(id, Number(size));
  }
  return sizes;
}

/** Contents by object id, all by one process. Check sizes first. */
export async function readBlobs(
  git: Git,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  if (ids.length === 0) return new Map();
  const input = `${ids.join("\n")}\n`;
  return parseBatch(await git.catFile(["--batch"], { signal, input, timeoutMs: HERE_MS }));
}

/** Parses `git cat-file --batch`: `<id> <type> <size>\n<bytes>\n` for each. Pure. */
export function parseBatch(output: Buffer): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  let at = 0;
  while (at < output.length) {
    const end = output.indexOf(0x0a, at);
    if (end === -1) break;
    const [id = "", type, size] = output.toString("latin1", at, end).split(" ");
    at = end + 1;
    if (size === undefined) continue;
    const length = Number(size);
    if (type === "blob") found.set(id, output.subarray(at, at + length));
    at += length + 1;
  }
  return found;
}
