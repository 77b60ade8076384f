/** A real Postgres inside the data directory: started, shared and stopped by Velvet. */
import pRetry, { AbortError } from "p-retry";
import { type Account, serverAccount } from "./account.ts";
import { type Binaries, defaultCacheDir, embeddedBinaries } from "./binaries.ts";
import { type Cluster, openCluster, SUPERUSER } from "./cluster.ts";
import { EmbeddedError } from "./errors.ts";
import { arrive, type Presence } from "./presence.ts";
import { type Running, socketPath, startServer, stopServer } from "./server.ts";

export interface EmbeddedOptions {
  /** The cluster is `<dataDir>/embedded`. Made when absent. */
  readonly dataDir: string;
  /** False for a throw-away: commits do not wait for the disk. */
  readonly durable: boolean;
  /** One line for a person. */
  readonly log: (line: string) => void;
  /** Where the programs are copied to. Default: `/var/cache/velvet` for root, else `~/.cache/velvet`. */
  readonly cacheDir?: string;
  /** Default: those of the embedded package. */
  readonly binaries?: Binaries;
  /** Default: any free one. Ignored when the server runs already. */
  readonly port?: number;
  /** More settings of the server, `name=value`. Ignored when it runs already. */
  readonly settings?: readonly string[];
}

export interface EmbeddedPostgres {
  /** A libpq URL over 127.0.0.1, password included. Default: superuser, database `postgres`. Only for roles made by Velvet. */
  urlFor(who: { user?: string; database?: string }): string;
  readonly superuserUrl: string;
  /** The generated password of a role made by Velvet. */
  passwordOf(role: string): string;
  /** Leaves the server; the last Velvet to leave stops it, and then this resolves when it has ended. Idempotent. */
  stop(): Promise<void>;
  /** True when this call started the server; false when it joined one that ran already. */
  readonly owned: boolean;
  readonly pid: number;
  readonly port: number;
  /** The folder of its Unix socket; empty where its path would be too long for one. */
  readonly socketDir: string;
  /** Runs `work` while no other Velvet runs its own. */
  readonly alone: Presence["alone"];
}

/** Starts the server of `dataDir`, or joins it. First start about 1 s, later ones 0.2 s. Throws `EmbeddedError`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const account = serverAccount();
  const binaries = options.binaries ?? (await embeddedBinaries(options.cacheDir ?? defaultCacheDir(), account));
  const cluster = await openCluster({ dataDir: options.dataDir, binaries, account, durable: options.durable });
  const { running, presence } = await enter(cluster, { ...options, binaries, account });
  options.log(
    `embedded Postgres ${binaries.version} ${running.started ? "started" : "joined"} on 127.0.0.1:${running.port}`,
  );
  const urlFor = ({ user, database }: { user?: string; database?: string }): string =>
    urlOf(cluster, running.port, user ?? SUPERUSER, database ?? "postgres");
  let stopped: Promise<void> | undefined;
  return {
    urlFor,
    superuserUrl: urlFor({}),
    passwordOf: (role) => passwordOf(cluster, role),
    stop: async () =>
      (stopped ??= presence.leave().then(async (last) => (last ? stopServer(cluster, running.pid) : undefined))),
    owned: running.started,
    pid: running.pid,
    port: running.port,
    socketDir: socketPath(cluster),
    alone: async (work) => presence.alone(work),
  };
}

type EnterOptions = Omit<EmbeddedOptions, "binaries"> & {
  readonly binaries: Binaries;
  readonly account: Account | undefined;
};

const ENTER_MS = 60_000;

/** A server that is found may be stopped by its last user before we are counted: then look again. */
async function enter(cluster: Cluster, options: EnterOptions): Promise<{ running: Running; presence: Presence }> {
  const once = async () => {
    const running = await startServer(cluster, options).catch((error: unknown) => {
      throw new AbortError(error instanceof Error ? error : String(error));
    });
    const url = urlOf(cluster, running.port, SUPERUSER, "postgres");
    const presence = await arrive(url).catch((error: unknown) => {
      throw refused(error) ? new AbortError(closed(error, cluster)) : closed(error, cluster);
    });
    return { running, presence };
  };
  return pRetry(once, { retries: Infinity, minTimeout: 100, factor: 1, maxRetryTime: ENTER_MS });
}

/** A server that is up and says no, unlike one that is just being stopped. */
function refused(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code);
  return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith("57P") && !code.startsWith("08") && !code.startsWith("E");
}

function closed(error: unknown, cluster: Cluster): EmbeddedError {
  const why = error instanceof Error ? error.message : "no answer";
  return new EmbeddedError(
    "EmbeddedStartFailed",
    `the embedded Postgres runs, but does not let Velvet in: ${why}`,
    `Read ${cluster.log}.`,
  );
}

function urlOf(cluster: Cluster, port: number, user: string, database: string): string {
  return `postgres://${user}:${passwordOf(cluster, user)}@127.0.0.1:${port}/${database}`;
}

function passwordOf(cluster: Cluster, role: string): string {
  const password = cluster.passwords.get(role);
  if (password === undefined) throw new Error(`the embedded server has no role ${role}`);
  return password;
}
