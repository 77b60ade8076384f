/** One real Postgres for a whole test run: the embedded package's programs, else any that the machine has. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type Binaries, embeddedPackage } from "../../controller/ledger/embedded/binaries.ts";
import { openEmbeddedLedger } from "../../controller/ledger/embedded/open.ts";
import { migrate } from "../../controller/ledger/migrate.ts";

/** What a test file is given: plain, because it crosses to another process. */
export interface TestServer {
  readonly host: string;
  readonly port: number;
  /** Superuser, database `postgres`. */
  readonly superuserUrl: string;
  /** By role. */
  readonly passwords: Readonly<Record<"velvet_owner" | "velvet_app" | "velvet_auditor", string>>;
  /** A migrated database without connections, to clone. */
  readonly template: string;
}

/** Starts a throw-away server with a migrated template database: about 1 s. */
export async function startTestServer(): Promise<{ server: TestServer; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), "velvet-test-"));
  const binaries = embeddedPackage() === undefined ? systemBinaries() : undefined;
  const ledger = await openEmbeddedLedger({
    dataDir,
    durable: false,
    log: () => undefined,
    settings: ["max_connections=300", "max_wal_size=512MB"],
    ...(binaries === undefined ? {} : { binaries }),
  });
  const guard = guardAgainstKill(ledger.server.pid);
  await migrate({
    migrationUrl: ledger.migrationUrl.reveal(),
    appRole: "velvet_app",
    auditorRoles: ["velvet_auditor"],
  });
  const own = ledger.server;
  return {
    server: {
      host: "127.0.0.1",
      port: own.port,
      superuserUrl: own.superuserUrl,
      passwords: {
        velvet_owner: own.passwordOf("velvet_owner"),
        velvet_app: own.passwordOf("velvet_app"),
        velvet_auditor: own.passwordOf("velvet_auditor"),
      },
      template: "velvet",
    },
    stop: async () => {
      guard.kill();
      await ledger.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A test run can be killed: a small shell notices that its input ended, and stops the server. */
function guardAgainstKill(pid: number): { kill: () => void } {
  const guard = spawn("sh", ["-c", `read _; kill -INT ${pid}`], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  return { kill: () => guard.kill("SIGKILL") };
}

/** `initdb` and `postgres` of the machine: on the PATH, or where Debian hides them. */
export function systemBinaries(): Binaries {
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...globSync("/usr/lib/postgresql/*/bin").toSorted().toReversed(),
  ];
  const folder = folders.find((path) => existsSync(join(path, "initdb")) && existsSync(join(path, "postgres")));
  if (folder === undefined)
    throw new Error("no Postgres for the tests: npm ci with optional dependencies, or install Postgres");
  const postgres = join(folder, "postgres");
  const version = /(\d+)(\.\d+)?/.exec(execFileSync(postgres, ["--version"], { encoding: "utf8" }))?.[0] ?? "";
  return { version, initdb: join(dirname(postgres), "initdb"), postgres };
}
