/** One controller that can die or stand still at any moment: from then on nothing of it reaches the ledger or the vendor. */
import type { Adapter } from "../../../adapters/contract.ts";
import { Accounts } from "../../../controller/engine/accounts.ts";
import { tendDrift } from "../../../controller/drift/tend.ts";
import { admitRequests } from "../../../controller/engine/admit.ts";
import type { Deps, EffectPoint, Log } from "../../../controller/engine/deps.ts";
import { tendTombstones } from "../../../controller/engine/reaper.ts";
import { tendRetired } from "../../../controller/engine/retired.ts";
import { work } from "../../../controller/engine/work.ts";
import type { Claim } from "../../../controller/ledger/claims.ts";
import { claimRotations, renewClaims } from "../../../controller/ledger/claims.ts";
import type { Db, Statement } from "../../../controller/ledger/db.ts";
import type { VirtualClock } from "./clock.ts";
import { BEGINNING } from "./clock.ts";
import { isOverdue, LEASE_MS } from "./excuses.ts";
import { INSTALL, KEYS } from "./keys.ts";
import type { Lots } from "./random.ts";
import type { Carry, Lasting } from "./reach.ts";
import { throughReplica } from "./reach.ts";

export const ENVIRONMENT = "test";
const CONCURRENCY = 8;

/** What a replica can have to do. */
export type Part = "admit" | "work" | "retired" | "tombstones" | "drift";

export interface ReplicaOptions {
  readonly name: string;
  readonly db: Db;
  readonly clock: VirtualClock;
  /** How far its wall clock is wrong. */
  readonly skewMs: number;
  readonly lots: Lots;
  /** What its uuids begin with. */
  readonly prefix: string;
  readonly adapter: Adapter;
  readonly log: Log;
  /** This arrives so late that nobody expects it any more. `sentAt`: in milliseconds since 1970. */
  readonly overdue: (lasting: Lasting, sentAt: number) => void;
  /** The next call is this replica's. */
  readonly sends: (replica: string) => void;
  /** At every moment around an effect. It may let the replica die or stand still. */
  readonly passing: (replica: Replica, label: string, point: EffectPoint) => Promise<void>;
}

/** `held`: it died or stands still, and what it began goes on when it is resumed, if ever. */
export type Went = "done" | "held";

export class Replica {
  readonly name: string;
  readonly #options: ReplicaOptions;
  readonly #deps: Deps;
  readonly #stopping = new AbortController().signal;
  #dead = false;
  #sending = false;
  #pausesInFlight = false;
  #standing: PromiseWithResolvers<void> | undefined;
  #held = Promise.withResolvers<Went>();
  #going: Promise<Went> | undefined;
  #outage = 0;

  constructor(options: ReplicaOptions) {
    this.name = options.name;
    this.#options = options;
    this.#deps = this.#depsOf(options);
  }

  /** It can be given something to do. */
  get isFree(): boolean {
    return !this.#dead && this.#going === undefined;
  }

  get isPaused(): boolean {
    return !this.#dead && this.#standing !== undefined;
  }

  /** `sending`: the call that it is about to make is still sent. */
  die(sending = false): void {
    this.#dead = true;
    this.#sending = sending;
    this.#held.resolve("held");
  }

  /** `sending`: it stands still when the call that it is about to make is on its way, which arrives when it goes on. */
  pause(sending = false): void {
    if (sending) this.#pausesInFlight = true;
    else this.#stand();
  }

  #stand(): void {
    this.#standing = Promise.withResolvers();
    this.#options.clock.keepsDeadlines = true;
    this.#held.resolve("held");
  }

  /** Goes on where it stood, as far as it comes. */
  async resume(): Promise<void> {
    this.#held = Promise.withResolvers();
    this.#standing?.resolve();
    this.#standing = undefined;
    await this.#goOn();
  }

  /** The next statements fail; where the number is negative they are executed, and their answers are lost. */
  cutOff(statements: number): void {
    this.#outage = statements;
  }

  async run(part: Part): Promise<Went> {
    this.#going = this.#guarded(part);
    return this.#goOn();
  }

  async #goOn(): Promise<Went> {
    if (!this.#going) return "done";
    const going = this.#going.finally(() => {
      this.#going = undefined;
    });
    return Promise.race([going, this.#held.promise]);
  }

  /** As the engine's loops do it: an outage of the ledger changes nothing. */
  async #guarded(part: Part): Promise<Went> {
    try {
      await this.#perform(part);
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
    }
    return "done";
  }

  async #perform(part: Part): Promise<void> {
    const { adapter } = this.#options;
    if (part === "admit") {
      const context = { environment: ENVIRONMENT, rotationOn: true, registry: { [adapter.name]: adapter } };
      await admitRequests(this.#deps, context);
    } else if (part === "retired") await tendRetired(this.#deps);
    else if (part === "tombstones") await tendTombstones(this.#deps);
    else if (part === "drift") await tendDrift({ ...this.#deps, mayCorrect: () => true, stopping: this.#stopping });
    else await this.#work();
  }

  async #work(): Promise<void> {
    const claims = await claimRotations(this.#deps.db, this.name, CONCURRENCY, LEASE_MS);
    await Promise.all(claims.map(async (claim) => this.#follow(claim)));
  }

  async #follow(claim: Claim): Promise<void> {
    const lost = new AbortController();
    const end = this.#renew(claim, lost);
    await work(this.#deps, claim, { lost: lost.signal, stopping: this.#stopping });
    end();
  }

  /** As the engine does it at a third of the lease; not while it is dead or stands still. */
  #renew(claim: Claim, lost: AbortController): () => void {
    const { clock } = this.#options;
    let cancel: () => void = () => undefined;
    const arm = (): void => {
      cancel = clock.alarm(clock.now() + LEASE_MS / 3, async () => {
        arm();
        if (this.#dead || this.#standing) return;
        const held = await renewClaims(this.#deps.db, [claim.claim], LEASE_MS).catch(() => undefined);
        if (held?.has(claim.claim) === false) lost.abort();
      });
    };
    arm();
    return () => cancel();
  }

  #depsOf({ name, clock, skewMs, lots, prefix, adapter, log, passing }: ReplicaOptions): Deps {
    const ownClock = {
      now: () => new Date(clock.now() + skewMs),
      monotonicMs: () => clock.now() - BEGINNING,
    };
    return {
      db: this.#db(),
      accounts: new Accounts({ [adapter.name]: throughReplica(adapter, this.#carry) }, () => undefined, ownClock),
      keys: KEYS,
      install: INSTALL,
      environment: ENVIRONMENT,
      clock: ownClock,
      random: (bytes) => lots.bytes(bytes),
      uuid: () => lots.uuid(prefix),
      jitter: () => lots.next(),
      pause: async (ms) => {
        await clock.pause(ms);
        await this.#life();
      },
      timeout: (ms) => clock.timeout(ms),
      log,
      leaseMs: LEASE_MS,
      replica: name,
      hook: async (label, point) => {
        await this.#life();
        await passing(this, label, point);
        if (!this.#sending) await this.#life();
      },
    };
  }

  /** A process that stands still gets its answers when it goes on; what it asked before is done all the same. */
  #db(): Db {
    const { db } = this.#options;
    return {
      query: async <Row>(statement: Statement, values?: readonly unknown[]) =>
        this.#ask(async () => inOrder(statement, await db.query<Row>(statement, values))),
      transaction: async (run) => this.#ask(async () => db.transaction(run)),
    };
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    await this.#life();
    if (this.#outage > 0) {
      this.#outage -= 1;
      throw new Outage();
    }
    const answer = await question();
    await this.#life();
    if (this.#outage < 0) {
      this.#outage += 1;
      throw new Outage();
    }
    return answer;
  }

  /** One call to the vendor. */
  readonly #carry: Carry = async (signal, call, lasting) => {
    let own = signal;
    if (this.#sending) this.#sending = false;
    else if (this.#pausesInFlight) {
      this.#pausesInFlight = false;
      const sentAt = this.#options.clock.now();
      this.#stand();
      await this.#life();
      if (lasting && isOverdue(this.#options.clock.now() - sentAt)) this.#options.overdue(lasting, sentAt);
      // It is on the wire: no deadline calls it back.
      own = new AbortController().signal;
    } else await this.#life();
    this.#options.sends(this.name);
    const answer = call(own);
    await Promise.allSettled([answer]);
    await this.#life();
    return answer;
  };

  async #life(): Promise<void> {
    while (this.#standing && !this.#dead) await this.#standing.promise;
    if (this.#dead) await new Promise<never>(() => undefined);
  }
}

/** What was claimed comes in the order of the table's pages, which hangs on earlier tellings. */
function inOrder<Row>({ name }: Statement, rows: Row[]): Row[] {
  if (rows.length < 2 || !name.startsWith("claim_")) return rows;
  return rows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf(row: unknown): string {
  const { id, vendorId } = row as { readonly id?: string; readonly vendorId?: string };
  return id ?? vendorId ?? "";
}

/** What a lost connection to the ledger looks like. */
class Outage extends Error {
  override readonly name = "Outage";
  constructor() {
    super("Connection terminated unexpectedly");
  }
}
