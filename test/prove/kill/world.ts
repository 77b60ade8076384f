/** One ledger, several controllers on it, many credentials in flight: and somebody who kills and freezes controllers. */
import { setTimeout as delay } from "node:timers/promises";
import { verifyAudit } from "../../../controller/audit/verify.ts";
import type { Result, Setup } from "../api.ts";
import { cloneLedger, type ProofLedger, proofServer } from "../server.ts";
import { STORIES, type Story } from "../sim/stories.ts";
import { type Controller, Herd, loadingMs } from "./herd.ts";
import type { Call, Moment } from "./messages.ts";
import { type Blow, scheduleOf } from "./schedule.ts";
import { SETUPS } from "./setups.ts";
import { readStanding } from "./standing.ts";
import { Tale } from "./tale.ts";
import { Trap } from "./trap.ts";
import { type Guard, Vendors } from "./vendors.ts";
import { verdictOf } from "./verdict.ts";

/** A lease is as short as the machine allows: a call has 0.3 of it, also while others keep the machine busy. */
const SHORTEST_LEASE_MS = 900;
const LONGEST_LEASE_MS = 8_000;
/** So many times as long as it takes to load a controller. */
const LEASE_FACTOR = 5;
/** In leases: others have taken over when a frozen one goes on. */
const FREEZE = 1.7;
/** In leases: what it still does before it notices that it was replaced. Its calls have a deadline. */
const STALE = 0.4;
/** Longer than any story takes with a blow in it, also where others begin to keep the machine busy after the lease was chosen. */
const MOST_MS = 600_000;
const LOOK_EVERY_MS = 100;
export const CONTROLLER_COUNT = 6;
const SPARES = 2;

/** The ledger has grown by then: whoever comes next gets a new one. */
const WORN_AFTER = 400;

export interface Toll {
  /** Controllers that were killed with SIGKILL, frozen with SIGSTOP, aborts by a person, and schedules whose moment never came. */
  kills: number;
  freezes: number;
  aborts: number;
  missed: number;
}

export class World implements AsyncDisposable {
  readonly #ledger: ProofLedger;
  readonly #stopServer: () => Promise<void>;
  readonly #vendors: Vendors;
  readonly #leaseMs: number;
  readonly #herd: Herd;
  readonly #tales = new Map<string, Tale>();
  readonly #touched = new Map<Controller, Set<Tale>>();
  readonly #adapters = new Map(Object.keys(SETUPS).map((name, index) => [name, `fake${index}`]));
  readonly #stop = new AbortController();
  readonly #looking: Promise<void>;
  #count = 0;
  /** Every label that was passed, also where nobody can tell whose rotation it was of. */
  readonly labels = new Set<string>();
  readonly toll: Toll = { kills: 0, freezes: 0, aborts: 0, missed: 0 };
  readonly #logs = new Map<string, string[]>();

  private constructor(ledger: ProofLedger, stopServer: () => Promise<void>, vendors: Vendors, leaseMs: number) {
    this.#leaseMs = leaseMs;
    this.#ledger = ledger;
    this.#stopServer = stopServer;
    this.#vendors = vendors;
    const setups = Object.entries(SETUPS).map(([name, setup]) => [this.#adapters.get(name) ?? name, setup]);
    this.#herd = new Herd({
      size: CONTROLLER_COUNT,
      spares: SPARES,
      start: {
        ledgerUrl: ledger.urlFor("velvet_app"),
        vendorPort: vendors.port,
        leaseMs,
        setups: Object.fromEntries(setups),
      },
      onMoment: (controller, moment) => this.#pass(controller, moment),
      onLog: (text) => this.#log(text),
    });
    this.#looking = this.#lookOften();
  }

  static async open(): Promise<World> {
    const { server, stop } = await proofServer();
    const ledger = await cloneLedger(server);
    // The first one may have to compile what the ones after it find compiled.
    await loadingMs();
    const leaseMs = Math.min(LONGEST_LEASE_MS, Math.max(SHORTEST_LEASE_MS, LEASE_FACTOR * (await loadingMs())));
    return new World(ledger, stop, await Vendors.open(), Math.round(leaseMs));
  }

  /** Pids of everything that this world started and that still runs. */
  get pids(): readonly number[] {
    return this.#herd.pids;
  }

  get controllers(): readonly Controller[] {
    return this.#herd.running;
  }

  get isWorn(): boolean {
    return this.#count >= WORN_AFTER;
  }

  /** What an undisturbed telling passes, in order. */
  async momentsOf(text: string): Promise<readonly string[]> {
    return (await this.#tellOne(text)).moments;
  }

  async tell(text: string): Promise<Result> {
    return (await this.#tellOne(text)).result;
  }

  async #tellOne(text: string): Promise<{ readonly result: Result; readonly moments: readonly string[] }> {
    const { story, fitting, blow, setup } = toTell(text);
    const adapter = this.#adapters.get(setup) ?? setup;
    this.#count += 1;
    const name = `kill${this.#count}`;
    const trap = new Trap(blow);
    const fake = this.#vendors.add(accountOf(name), fitting, this.#guardOf(name));
    fake.arm(story.faults?.(fitting) ?? []);
    const tale = new Tale({ name, adapter, db: this.#ledger.db, fake, story, trap, mostMs: MOST_MS });
    this.#tales.set(name, tale);
    this.#logs.set(name, []);
    try {
      await tale.begin();
      const agenda = await tale.end;
      await this.#stale(tale);
      await tale.close();
      if (blow && !trap.sprung) this.toll.missed += 1;
      const logged = [...(this.#logs.get(name) ?? []), ...this.#vendors.broke.splice(0)];
      const { labels, ...result } = await verdictOf({ text, tale, agenda, story, ledger: this.#ledger, logged });
      return { result: { ...result, labels: new Set([...labels, ...this.labels]) }, moments: trap.moments };
    } finally {
      this.#tales.delete(name);
      this.#logs.delete(name);
      this.#vendors.drop(accountOf(name));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#looking;
    await this.#herd.close();
    await this.#vendors[Symbol.asyncDispose]();
    const { faults } = await verifyAudit(this.#ledger.urlFor("velvet_auditor"));
    await this.#ledger.drop();
    await this.#stopServer();
    if (faults.length > 0) throw new Error(`I8: ${JSON.stringify(faults)}`);
  }

  /** Nobody who stood still while this story went on is left behind: it has gone on and noticed. */
  async #stale(tale: Tale): Promise<void> {
    for (const [controller, tales] of this.#touched) {
      if (!controller.isDead && controller.frozen && tales.has(tale)) {
        await controller.frozen;
        await delay(STALE * this.#leaseMs);
      }
    }
    for (const tales of this.#touched.values()) tales.delete(tale);
  }

  /** Whoever's it is: all tales of the time are judged by it. */
  #log(text: string): void {
    for (const logged of this.#logs.values()) logged.push(text);
  }

  #pass(controller: Controller, moment: Moment): void {
    this.labels.add(`${moment.label}:${moment.point}`);
    const tale = moment.namespace === undefined ? undefined : this.#tales.get(moment.namespace);
    const blow = tale?.trap.pass(moment.label, moment.point);
    if (tale) this.#touch(controller, tale);
    if (tale && blow?.deed === "abort") return void this.#abort(controller, tale, moment);
    if (tale && blow) this.#strike(controller, tale, blow);
    // One that is frozen hears it when it goes on; one that is dead never.
    controller.say({ kind: "go", id: moment.id });
  }

  /** It stands in the ledger before the controller goes on. */
  async #abort(controller: Controller, tale: Tale, { id, label, point }: Moment): Promise<void> {
    this.toll.aborts += 1;
    tale.note(`a person aborts while ${controller.name} is at ${label}:${point}`);
    const aborted = readStanding(this.#ledger.db, tale.name).then(async (standing) => tale.abort(standing));
    await aborted.catch((error: unknown) => tale.note(`the abort failed: ${String(error)}`));
    controller.say({ kind: "go", id });
  }

  #touch(controller: Controller, tale: Tale): void {
    const found = this.#touched.get(controller);
    if (found) found.add(tale);
    else {
      this.#touched.set(controller, new Set([tale]));
      void controller.gone.then(() => this.#touched.delete(controller));
    }
  }

  #strike(controller: Controller, tale: Tale, { deed, label, point, nth }: Blow): void {
    if (controller.isDead || controller.frozen) return;
    tale.note(`${deed} ${controller.name} at ${label}:${point}:${nth}`);
    if (deed === "kill") {
      this.toll.kills += 1;
      controller.kill();
    } else {
      this.toll.freezes += 1;
      void controller.freeze(delay(FREEZE * this.#leaseMs)).then(() => tale.note(`${controller.name} goes on`));
    }
    this.#herd.lost(controller);
  }

  /** What happens to a request while it is under way. */
  #guardOf(name: string): Guard {
    const find = ({ method, args }: Call, point: "sent" | "done") => {
      const tale = this.#tales.get(name);
      const controller = this.#herd.running.find((each) => each.name === args["by"]);
      const blow = controller && method !== "vendor.proposed" ? tale?.trap.pass(method, point) : undefined;
      if (!tale || !controller || !blow) return undefined;
      this.#strike(controller, tale, blow);
      return { tale, blow };
    };
    return {
      before: async (call) => {
        const found = find(call, "sent");
        if (found && found.blow.landsAfter > 0) await found.tale.land(found.blow.landsAfter * this.#leaseMs);
        return found === undefined;
      },
      after: async (call) => find(call, "done") === undefined,
    };
  }

  async #lookOften(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await Promise.all(
        [...this.#tales.values()].map(async (tale) => tale.look(async () => readStanding(this.#ledger.db, tale.name))),
      );
      await delay(LOOK_EVERY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}

function toTell(text: string): {
  readonly setup: string;
  readonly fitting: Setup;
  readonly story: Story;
  readonly blow: Blow | undefined;
} {
  const { setup, story: name, blow } = scheduleOf(text);
  const given = SETUPS[setup];
  const story = STORIES[name];
  if (!given || !story) throw new Error(`there is no such setup or story: ${text}`);
  const fitting = story.fit ? story.fit(given) : given;
  if (!fitting) throw new Error(`the story ${name} cannot be told with ${setup}`);
  return { setup, fitting, story, blow };
}

/** The account that a tale's people write. */
function accountOf(source: string): string {
  return `v-${source}`;
}
