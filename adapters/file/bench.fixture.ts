/** A root folder for tests, and the file adapter opened on it. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AccountHandle, Clock, Connection, Sink } from "../contract.ts";
import { Secret } from "../secret.ts";
import { file } from "./file.ts";

export const clock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };
export const never: AbortSignal = new AbortController().signal;

export function account(root: string): AccountHandle {
  const secret = () => Secret.from("");
  return { name: "orders-files", generation: 1, config: { root }, endpoints: [], secret, headers: () => ({}) };
}

export function connected(root: string): Connection {
  return file.connect(account(root), clock);
}

export function sinkAt(root: string, path: string, format: "dotenv" | "json" = "dotenv", mode?: string): Sink {
  const sink = connected(root).sink?.({ path, format, ...(mode === undefined ? {} : { mode }) });
  if (sink === undefined) throw new Error("the adapter has no sink");
  return sink;
}

export interface Root extends AsyncDisposable {
  readonly path: string;
  /** Makes a file, parents included, mode 0600. */
  put(name: string, text: string): Promise<void>;
  get(name: string): Promise<string>;
}

export async function newRoot(): Promise<Root> {
  const path = await mkdtemp(join(tmpdir(), "velvet-file-"));
  return {
    path,
    put: async (name, text) => {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text, { mode: 0o600 });
    },
    get: (name) => readFile(join(path, name), "utf8"),
    async [Symbol.asyncDispose]() {
      await chmod(path, 0o700);
      await rm(path, { recursive: true, force: true });
    },
  };
}
