/** One rotation after the other, with two replicas, over wires that do not hold. */
import { setTimeout as delay } from "node:timers/promises";
import { verifyAudit } from "../../../controller/audit/verify.ts";
import { type Db, ledgerOf, openPool } from "../../../controller/ledger/db.ts";
import type { EffectPoint } from "../../../controller/engine/deps.ts";
import type { Result } from "../api.ts";
import { readStanding } from "../kill/standing.ts";
import { Tale } from "../kill/tale.ts";
import { Trap } from "../kill/trap.ts";
import { SETUPS } from "../kill/setups.ts";
import { Vendors } from "../kill/vendors.ts";
import { verdictOf } from "../kill/verdict.ts";
import { cloneLedger, proofServer } from "../server.ts";
import { STORIES } from "../sim/stories.ts";
import { OwnServer } from "./own-server.ts";
import { TcpProxy } from "./proxy.ts";
import { WireReplica } from "./replica.ts";
import { isGentle, strikeServer, strikeWire } from "./rhythm.ts";
import { type Cell, cellOf, type ServerFault } from "./schedule.ts";

const LEASE_MS = 1_500;
/** Much longer than any cell takes, also where others keep the machine busy. */
const MOST_MS = 600_000;
const LOOK_EVERY_MS = 100;
const SPEED = { latencyMs: LEASE_MS * 0.05, bytesPerSecond: 60_000 };
/** Where a server is struck, each once: with a mint on its way, with a write just made, right before the point of no return. */
const WORST = ["issuer.mint:before", "sink.write:after", "issuer.revoke:before"];
/** What changes something outside. */
const CHANGING = [
  "issuer.mint",
  "issuer.revoke",
  "issuer.revokeNew",
  "issuer.revokeOrphan",
  "issuer.destroy",
  "issuer.end",
  "sink.write",
  "sink.restore",
  "sink.drop",
  "drift.write",
];
const QUIET = { before: async () => true, after: async () => true };

/** The ledger that one cell is told on, and the way to it. */
interface Ledger {
  readonly db: Db;
  /** As the replicas reach it. */
  readonly url: string;
  readonly auditorUrl: string;
  readonly proxies: readonly TcpProxy[];
  readonly server?: OwnServer;
  close(): Promise<void>;
}

export class WireWorld implements AsyncDisposable {
  readonly #vendors: Vendors;
  #own: OwnServer | undefined;
  #count = 0;

  private constructor(vendors: Vendors) {
    this.#vendors = vendors;
  }

  static async open(): Promise<WireWorld> {
    return new WireWorld(await Vendors.open());
  }

  async tell(text: string): Promise<Result> {
    const cell = cellOf(text);
    const given = SETUPS[cell.setup];
    const story = STORIES[cell.story];
    const setup = given && story?.fit ? story.fit(given) : given;
    if (!setup || !story) throw new Error(`there is no such setup or story: ${text}`);
    const ledger = cell.target === "server" ? await this.#ownLedger(cell.fault) : await sharedLedger();
    const vendor = await TcpProxy.open({ host: "127.0.0.1", port: this.#vendors.port }, SPEED);
    this.#count += 1;
    const name = `wire${this.#count}`;
    const trap = new Trap(undefined);
    const fake = this.#vendors.add(`v-${name}`, setup, QUIET);
    fake.arm(story.faults?.(setup) ?? []);
    const logged: string[] = [];
    const tale = new Tale({ name, adapter: "fake", db: ledger.db, fake, story, trap, mostMs: MOST_MS });
    const over = new AbortController();
    const striking = new Strikes(cell, ledger, vendor, over.signal);
    const replicas = ["a", "b"].map(
      (replica) =>
        new WireReplica({
          name: replica,
          setup,
          ledgerUrl: ledger.url,
          vendorPort: vendor.port,
          leaseMs: LEASE_MS,
          hook: async (label, point) => {
            trap.pass(label, point);
            striking.pass(label, point);
          },
          log: (line) => logged.push(line),
        }),
    );
    try {
      await tale.begin();
      const looking = lookOften(tale, ledger.db, over.signal);
      const agenda = await tale.end;
      over.abort();
      await Promise.all([looking, striking.end()]);
      for (const broken of striking.broke) logged.push(broken);
      logged.push(...this.#vendors.broke.splice(0));
      const result = await verdictOf({ text, tale, agenda, story, ledger, logged });
      const { faults: audit } = await verifyAudit(ledger.auditorUrl);
      const violations = audit.map((fault) => ({ invariant: "I8", message: JSON.stringify(fault) }));
      return { ...result, violations: [...result.violations, ...violations] };
    } finally {
      over.abort();
      await Promise.all(replicas.map(async (replica) => replica.stop()));
      this.#vendors.drop(`v-${name}`);
      await vendor[Symbol.asyncDispose]();
      await ledger.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#own?.[Symbol.asyncDispose]();
    await this.#vendors[Symbol.asyncDispose]();
  }

  async #ownLedger(fault: ServerFault): Promise<Ledger> {
    const needsDisk = fault === "disk-full";
    if (needsDisk && this.#own && !this.#own.hasOwnDisk) {
      await this.#own[Symbol.asyncDispose]();
      this.#own = undefined;
    }
    const server = (this.#own ??= await OwnServer.open(needsDisk));
    const pool = openPool(
      { connectionString: server.appUrl, max: 4, applicationName: "velvet proof" },
      () => undefined,
    );
    return {
      db: ledgerOf(pool),
      url: server.appUrl,
      auditorUrl: server.auditorUrl,
      proxies: [],
      server,
      close: async () => pool.end(),
    };
  }
}

async function sharedLedger(): Promise<Ledger> {
  const { server, stop } = await proofServer();
  const ledger = await cloneLedger(server, 4);
  const proxy = await TcpProxy.open({ host: server.host, port: server.port }, SPEED);
  const url = new URL(ledger.urlFor("velvet_app"));
  url.port = String(proxy.port);
  return {
    db: ledger.db,
    url: url.href,
    auditorUrl: ledger.urlFor("velvet_auditor"),
    proxies: [proxy],
    close: async () => {
      await proxy[Symbol.asyncDispose]();
      await ledger.drop();
      await stop();
    },
  };
}

async function lookOften(tale: Tale, db: Db, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await tale.look(async () => readStanding(db, tale.name));
    await delay(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** The faults of one cell: each time that the rotation comes to a moment at which it can do harm, once. */
class Strikes {
  readonly #strike: () => Promise<void>;
  readonly #left: Set<string>;
  #last: Promise<void> = Promise.resolve();
  #striking = false;
  /** Faults that could not be brought about, or not taken back. */
  readonly broke: string[] = [];

  constructor(
    cell: Cell,
    { proxies, server }: Pick<Ledger, "proxies" | "server">,
    vendor: TcpProxy,
    stop: AbortSignal,
  ) {
    const rhythm = { leaseMs: LEASE_MS, stop };
    if (cell.target === "server") {
      this.#left = new Set(WORST);
      this.#strike = async () => (server ? strikeServer(server, cell.fault, rhythm) : undefined);
      return;
    }
    const struck = { ledger: proxies, vendor: [vendor], both: [...proxies, vendor] }[cell.target];
    const gentle = isGentle(cell.fault);
    this.#left = new Set(gentle ? [] : CHANGING.flatMap((label) => [`${label}:before`, `${label}:after`]));
    this.#strike = async () => strikeWire(struck, cell.fault, rhythm);
    if (gentle) for (const proxy of struck) proxy.set(cell.fault);
  }

  /** The rotation does not wait for it. */
  pass(label: string, point: EffectPoint): void {
    if (this.#striking || !this.#left.delete(`${label}:${point}`)) return;
    this.#striking = true;
    this.#last = this.#strike()
      .catch((error: unknown) => void this.broke.push(`the fake has broken: ${String(error)}`))
      .finally(() => {
        this.#striking = false;
      });
  }

  /** Resolves when all is well again. */
  async end(): Promise<void> {
    await this.#last;
  }
}
