/** How much of a core other processes have used, as Linux tells it. */
import { readdir, readFile } from "node:fs/promises";
import type { Pool } from "pg";

/** What Linux counts in, on every machine that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Used {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
}

/** Undefined where there is no such process any more. */
async function usedBy(pid: string | number): Promise<Used | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The name stands in brackets, and may hold anything.
  const numbers = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map((at) =>
    Number(numbers[at]),
  );
  return { parent, own: (user + system) / TICKS_PER_SECOND, ended: (endedUser + endedSystem) / TICKS_PER_SECOND };
}

export async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  return (await usedBy(pid ?? 0))?.own ?? 0;
}

/** Of the whole server: each of its connections, and what it does by itself. */
export async function cpuSecondsOfLedger(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
  const server = (await usedBy(rows[0]?.pid ?? 0))?.parent ?? 0;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map(usedBy));
  const children = all.filter((each) => each?.parent === server).reduce((sum, each) => sum + (each?.own ?? 0), 0);
  const { own = 0, ended = 0 } = (await usedBy(server)) ?? {};
  return children + own + ended;
}
