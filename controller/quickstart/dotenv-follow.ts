import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { parseEnv } from "node:util";

export interface Following {
  /** Looks now, and resolves when everything that was written before this call has been taken or refused. */
  caughtUp(): Promise<void>;
  close(): void;
}

export interface FollowOrder {
  /** The dotenv file. Its folder must exist. */
  readonly path: string;
  /** The variable that is followed. */
  readonly name: string;
  /** Called with each value that is read after a change; a rejection means "not taken", and the file is read again later. */
  readonly take: (value: string) => Promise<void>;
  /** Told why a value was not taken. */
  readonly refused: (error: unknown) => void;
  /** How long to wait before a value that was not taken is tried again. */
  readonly retryMs: number;
}

/** Reads one variable of a dotenv file; rejects where it is missing. */
export async function readVariable(path: string, name: string): Promise<string> {
  const value = parseEnv(await readFile(path, "utf8"))[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set in ${basename(path)}`);
  return value;
}

/**
 * Reads a dotenv file again whenever something happens in its folder. The folder is watched and not the file, because a careful
 * writer replaces the file by a rename, and a watch on the old inode would then see nothing more. One look at a time; events
 * during a look lead to one more.
 */
export function followVariable(order: FollowOrder): Following {
  const file = basename(order.path);
  let again = false;
  let looking: Promise<void> | undefined;
  const closed = new AbortController();
  let retry: NodeJS.Timeout | undefined;

  const lookUntilQuiet = async (): Promise<void> => {
    while (again && !closed.signal.aborted) {
      again = false;
      clearTimeout(retry);
      try {
        await order.take(await readVariable(order.path, order.name));
      } catch (error) {
        order.refused(error);
        if (!closed.signal.aborted) retry = setTimeout(() => void look(), order.retryMs);
      }
    }
    looking = undefined;
  };
  const look = async (): Promise<void> => {
    again = true;
    return (looking ??= lookUntilQuiet());
  };

  const watcher: FSWatcher = watch(dirname(order.path), (_event, name) => {
    if (name === null || name === file) void look();
  });
  watcher.on("error", order.refused);
  void look(); // what changed between the caller's first read and the watch

  return {
    caughtUp: look,
    close: () => {
      closed.abort();
      clearTimeout(retry);
      watcher.close();
    },
  };
}
