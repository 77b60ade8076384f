import { createHash, randomBytes } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { kill, pid } from "node:process";

/**
 * Whoever makes a lock or a temporary file writes its identity into the name: where it runs (boot and pid namespace), its pid, when
 * it started, and a random part. So a name alone tells whether its maker still lives, and no two makers share a name.
 */
const NAME = /^([0-9a-f]{12})-(\d{1,10})-(\d{1,20})-[0-9a-f]{12}$/;

export async function newOwnerName(): Promise<string> {
  return `${await scope()}-${pid}-${await startOf(pid)}-${randomBytes(6).toString("hex")}`;
}

/** `unknown` for a maker in another container or on another machine, which cannot be looked up from here. */
export async function lifeOf(name: string): Promise<"alive" | "dead" | "unknown"> {
  const found = NAME.exec(name);
  if (found === null || found[1] !== (await scope())) return "unknown";
  const [other, start] = [Number(found[2]), found[3]];
  if (!exists(other)) return "dead";
  // The same pid, started at another time, is somebody else.
  const now = await startOf(other);
  if (now === UNTOLD || start === UNTOLD) return "unknown";
  return now === start ? "alive" : "dead";
}

const UNTOLD = "0";

/** Where pids mean the same: one boot of one machine, one pid namespace. */
async function scope(): Promise<string> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => hostname());
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  return createHash("sha256").update(`${boot.trim()} ${namespace}`).digest("hex").slice(0, 12);
}

/**
 * The kernel's start time of a pid in clock ticks; `0` where the system does not tell, or the pid is gone. One that was killed and
 * whose parent did not yet take notice has a start time of none.
 */
async function startOf(id: number): Promise<string> {
  const stat = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  // The second field is the program's name in brackets and may hold blanks and brackets: field 3 is the state, field 22 the start.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? "none" : (fields[19] ?? UNTOLD);
}

function exists(id: number): boolean {
  try {
    kill(id, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
