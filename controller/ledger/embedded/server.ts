/** Starts, joins and stops the server of one cluster. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chmod, chown, mkdir, open, rename, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { as, type Cluster, serverEnvironment } from "./cluster.ts";
import { EmbeddedError } from "./errors.ts";
import { awaitIn, dropStale, isServer, readPostmaster } from "./postmaster.ts";

export interface Running {
  readonly pid: number;
  readonly port: number;
  /** True when this call started it; false when it was already running. */
  readonly started: boolean;
}

export interface StartOptions {
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly durable: boolean;
  /** Absent: any free one. */
  readonly port?: number;
  /** More of `name=value`. */
  readonly settings?: readonly string[];
}

const START_MS = 60_000;
const LOG_LIMIT = 8 * 1024 * 1024;
/** A crash recovery, or a server's last children, may hold the folder a little longer than the server itself. */
const HELD = /lock file "postmaster\.pid" (already exists|is empty)|pre-existing shared memory block/;
const PORT_TAKEN = /could not bind .*Address already in use|could not create any TCP\/IP sockets/s;

/** The server of `cluster`: the one that runs already (another Velvet's, or one whose Velvet was killed), else a new one. */
export async function startServer(cluster: Cluster, options: StartOptions): Promise<Running> {
  const end = performance.now() + START_MS;
  let said = "";
  while (performance.now() < end) {
    const running = await joinRunning(cluster.folder, end);
    if (running !== undefined) return running;
    const port = options.port ?? (await freePort());
    const outcome = await launch(cluster, options, port);
    if (typeof outcome === "object") return outcome;
    said = outcome;
    if (!HELD.test(said) && !(PORT_TAKEN.test(said) && options.port === undefined)) break;
    await awaitIn(cluster.folder, 200, async () => undefined);
  }
  throw new EmbeddedError(
    "EmbeddedStartFailed",
    `the embedded Postgres does not start: ${said}`,
    `Read ${cluster.log}.`,
  );
}

/** Waits for a server that is starting or stopping to be one or the other. */
async function joinRunning(folder: string, end: number): Promise<Running | undefined> {
  const found = await awaitIn(folder, end - performance.now(), async () => {
    const postmaster = await readPostmaster(folder);
    if (postmaster === undefined || !isServer(postmaster.pid)) {
      dropStale(folder);
      return "none";
    }
    if (!postmaster.ready || postmaster.port === undefined) return undefined;
    return { pid: postmaster.pid, port: postmaster.port, started: false };
  });
  return found === "none" ? undefined : found;
}

/** One try: the running server, or what it said before it ended. */
async function launch(cluster: Cluster, options: StartOptions, port: number): Promise<Running | string> {
  await rotateLog(cluster.log);
  const before = (await stat(cluster.log).catch(() => undefined))?.size ?? 0;
  const log = openSync(cluster.log, "a", 0o600);
  const child = spawn(options.binaries.postgres, await serverArguments(cluster, options, port), {
    ...as(options.account),
    cwd: "/",
    env: serverEnvironment(),
    // Its own session: a Ctrl-C in the terminal is for Velvet, which then stops the server in order.
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended ??= `it ended with ${code ?? signal}`));
  const found = await awaitIn(cluster.folder, START_MS, async () => {
    if (ended !== undefined) return "ended";
    const postmaster = await readPostmaster(cluster.folder);
    return postmaster?.pid === child.pid && postmaster?.ready === true ? "ready" : undefined;
  });
  child.unref();
  if (found === "ready" && child.pid !== undefined) return { pid: child.pid, port, started: true };
  if (found === undefined) child.kill("SIGQUIT");
  return `${ended ?? "not ready in time"}\n${await readFrom(cluster.log, before)}`.trim();
}

async function serverArguments(cluster: Cluster, options: StartOptions, port: number): Promise<string[]> {
  const settings = [
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${await socketFolder(cluster, options.account)}`,
    "max_connections=200",
    "password_encryption=scram-sha-256",
    "log_checkpoints=off",
    "log_timezone=UTC",
    "timezone=UTC",
    ...(options.durable ? [] : ["fsync=off", "full_page_writes=off"]),
    ...(options.settings ?? []),
  ];
  return ["-D", cluster.folder, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
}

/** Beside the data; none where the path is longer than the 107 bytes that a socket's name may have. */
async function socketFolder(cluster: Cluster, account: Account | undefined): Promise<string> {
  const folder = socketPath(cluster);
  if (folder === "") return "";
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
  return folder;
}

/** The folder of the Unix socket; empty where there is none. */
export function socketPath(cluster: Cluster): string {
  const folder = join(cluster.folder, "..", "socket");
  return Buffer.byteLength(`${folder}/.s.PGSQL.65535`) <= 107 && !folder.includes(",") ? folder : "";
}

/** Fast shutdown, awaited; what is still connected is cut off. After 30 s: at once, with crash recovery at the next start. */
export async function stopServer(cluster: Cluster, pid: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    signalServer(pid, signal);
    const gone = await awaitIn(cluster.folder, 30_000, async () => {
      const postmaster = await readPostmaster(cluster.folder);
      return postmaster?.pid !== pid && !isServer(pid) ? true : undefined;
    });
    if (gone === true) return;
  }
}

function signalServer(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function rotateLog(path: string): Promise<void> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size > LOG_LIMIT) await rename(path, `${path}.1`);
}

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(4096, Math.max(0, size - offset)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, Math.max(offset, size - buffer.length));
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
