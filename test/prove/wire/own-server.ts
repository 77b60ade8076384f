/** A Postgres of its own, to be restarted, filled up and made read-only. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, statfs, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { embeddedPackage } from "../../../controller/ledger/embedded/binaries.ts";
import { awaitIn, isServer } from "../../../controller/ledger/embedded/postmaster.ts";
import { type EmbeddedLedger, openEmbeddedLedger } from "../../../controller/ledger/embedded/open.ts";
import { migrate } from "../../../controller/ledger/migrate.ts";
import { systemBinaries } from "../../support/server.ts";

const run = promisify(execFile);

/** The files of a small cluster, and as much again. */
const DISK_MB = 256;
/** A server that ends at once recovers when it starts: not longer than this. */
const STARTS_MS = 60_000;

export class OwnServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #isOnOwnDisk: boolean;
  #ledger: EmbeddedLedger;
  readonly #guard: ChildProcess;

  private constructor(folder: string, isOnOwnDisk: boolean, ledger: EmbeddedLedger) {
    this.#folder = folder;
    this.#isOnOwnDisk = isOnOwnDisk;
    this.#ledger = ledger;
    this.#guard = guardOf(folder, isOnOwnDisk ? folder : undefined);
  }

  /** `ownDisk`: on a small one that can be filled, which only root can have made. */
  static async open(ownDisk: boolean): Promise<OwnServer> {
    const folder = await mkdtemp(join(tmpdir(), "velvet-wire-"));
    if (ownDisk) await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m`, "velvet-wire", folder]);
    const ledger = await start(folder, undefined);
    await migrate({
      migrationUrl: ledger.migrationUrl.reveal(),
      appRole: "velvet_app",
      auditorRoles: ["velvet_auditor"],
    });
    return new OwnServer(folder, ownDisk, ledger);
  }

  get hasOwnDisk(): boolean {
    return this.#isOnOwnDisk;
  }

  get auditorUrl(): string {
    return this.#ledger.verifierUrl.reveal();
  }

  /** As the controller's role. */
  get appUrl(): string {
    return this.#ledger.appUrl.reveal();
  }

  /** `fast`: sessions are cut off, and all is written. `immediate`: as after a crash. */
  async restart(how: "fast" | "immediate"): Promise<void> {
    const { pid, port } = this.#ledger.server;
    if (isServer(pid)) process.kill(pid, how === "fast" ? "SIGINT" : "SIGQUIT");
    await awaitIn(this.#folder, STARTS_MS, async () => (isServer(pid) ? undefined : true));
    this.#ledger = await start(this.#folder, port);
  }

  async setReadOnly(on: boolean): Promise<void> {
    await this.#asSuperuser(`alter system set default_transaction_read_only = ${on ? "on" : "off"}`);
    await this.#asSuperuser("select pg_reload_conf()");
    // Sessions that are open have read their setting; a new one is needed to see it, as with a standby.
    await this.#asSuperuser(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'velvet_app'`);
  }

  /** Takes the last byte of its disk, and has the server ask for more. The answer gives it back. */
  async fillDisk(): Promise<() => Promise<void>> {
    const file = join(this.#folder, "filler");
    const { bavail, bsize } = await statfs(this.#folder);
    // The server writes meanwhile: who comes to the end first does not matter.
    await writeFile(file, Buffer.alloc(bavail * bsize)).catch(unlessFull);
    // What it logs next has no room in the segment that it has.
    await this.#asSuperuser("select pg_switch_wal()").catch(() => undefined);
    return async () => {
      await unlink(file);
      await this.#ensure();
    };
  }

  /** A server that could not write its log has ended. */
  async #ensure(): Promise<void> {
    const up = await this.#asSuperuser("select 1").then(
      () => true,
      () => false,
    );
    if (!up) await this.restart("immediate");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#guard.kill("SIGKILL");
    await this.#ledger.stop();
    if (this.#isOnOwnDisk) await run("umount", [this.#folder]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #asSuperuser(sql: string): Promise<void> {
    const client = new Client({ connectionString: this.#ledger.server.superuserUrl });
    // Where the server ends under it, the statement says so.
    client.on("error", () => undefined);
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}

async function start(folder: string, port: number | undefined): Promise<EmbeddedLedger> {
  return openEmbeddedLedger({
    dataDir: folder,
    durable: false,
    log: () => undefined,
    settings: ["max_wal_size=48MB", "min_wal_size=32MB", "wal_recycle=off"],
    ...(port === undefined ? {} : { port }),
    ...(embeddedPackage() === undefined ? { binaries: systemBinaries() } : {}),
  });
}

/** A disk that can be filled up is one of its own, and only root may mount one; without, that fault is left out. */
export async function canMount(): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const folder = await mkdtemp(join(tmpdir(), "velvet-mount-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "velvet-wire", folder]);
    await run("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function unlessFull(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
}

/** Ends whatever server has the folder $1, which may be about to start, and takes folder and disk ($2) away. */
const GUARD = `read _
for _ in 1 2 3 4 5 6 7 8 9 10; do
  pid=$(head -n 1 "$1/embedded/data/postmaster.pid" 2>/dev/null) && kill -INT "$pid" 2>/dev/null
  sleep 0.3
done
[ -z "$2" ] || umount -l "$2"
rm -rf "$1"`;

/** A run can be killed at any moment, also while its server restarts: a small shell notices that its input ended. */
function guardOf(folder: string, disk: string | undefined): ChildProcess {
  const guard = spawn("sh", ["-c", GUARD, "guard", folder, disk ?? ""], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  return guard;
}
