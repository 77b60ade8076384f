/** The engine of one replica. Any number of them run on one ledger. */
import type { AdmissionContext } from "../domain/candidate.ts";
import type { Claim } from "../ledger/claims.ts";
import { claimRotations, renewClaims } from "../ledger/claims.ts";
import { admitRequests } from "./admit.ts";
import type { Deps } from "./deps.ts";
import { Loop } from "./loop.ts";
import { probeAccounts } from "./probe.ts";
import { tendTombstones } from "./reaper.ts";
import { tendRetired } from "./retired.ts";
import { keepSchedules } from "./scheduler.ts";
import { remindOfWaits } from "./waits.ts";
import { work } from "./work.ts";

export interface EngineOptions {
  /** Rotations at once. */
  readonly concurrency: number;
  /** How often to look when nothing was heard: milliseconds. */
  readonly pollMs: number;
  readonly admission: AdmissionContext;
  /** Why nothing may be started now: no admission, no claim, no look at retired ids and tombstones. */
  readonly isHeld?: () => string | undefined;
}

/** How often a replica asks whether it is to look at the schedules: one of them does, every quarter of a minute. */
const SCHEDULES_MS = 5_000;

/** How often a replica asks whether it is to look at what waits for people: one of them does, every minute. */
const WAITS_MS = 20_000;

/** Work on one claim, and how to stop it when the claim is lost. */
interface Running {
  readonly lost: AbortController;
  readonly done: Promise<void>;
}

export class Engine {
  readonly #deps: Deps;
  readonly #options: EngineOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, Running>();
  readonly #claims: Loop;
  readonly #others: readonly Loop[];
  readonly #admission: Loop;
  readonly #retired: Loop;
  readonly #reaper: Loop;

  constructor(deps: Deps, options: EngineOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#claims = new Loop(options.pollMs, async () => this.#unlessHeld(async () => this.#claimDue()));
    this.#admission = new Loop(options.pollMs, async () => this.#unlessHeld(async () => this.#admit()));
    this.#retired = new Loop(options.pollMs * 2, async () =>
      this.#unlessOff(async () => (await tendRetired(deps)) > 0),
    );
    this.#reaper = new Loop(options.pollMs * 5, async () =>
      this.#unlessOff(async () => (await tendTombstones(deps)) > 0),
    );
    this.#others = [
      this.#retired,
      this.#reaper,
      new Loop(SCHEDULES_MS, async () => this.#guarded(async () => this.#schedule())),
      new Loop(WAITS_MS, async () => this.#guarded(async () => (await remindOfWaits(deps)) > 0)),
      // Whoever observes only wants to know it, too.
      new Loop(options.pollMs * 5, async () => this.#guarded(async () => (await probeAccounts(deps)) > 0)),
      new Loop(Math.floor(deps.leaseMs / 3), async () => this.#guarded(async () => this.#renew())),
    ];
  }

  /** Something arrived: look now. */
  wake(): void {
    this.#admission.wake();
    this.#claims.wake();
    this.#retired.wake();
  }

  /** Takes nothing new, lets each rotation finish the step that it is in, and gives its claims back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#claims.stop(), this.#admission.stop()]);
    await Promise.all([...this.#running.values()].map(async ({ done }) => done));
    await Promise.all(this.#others.map(async (loop) => loop.stop()));
  }

  async #unlessHeld(once: () => Promise<boolean>): Promise<boolean> {
    return this.#options.isHeld?.() === undefined && this.#guarded(once);
  }

  /**
   * Whoever only observes ends nothing between rotations: it stays due. A rotation that was begun is brought to its end all the same, as
   * half-way a consumer may hold what its vendor will end.
   */
  async #unlessOff(once: () => Promise<boolean>): Promise<boolean> {
    return this.#options.admission.rotationOn && this.#unlessHeld(once);
  }

  /** An outage of the ledger changes nothing: it is looked at again after a while. */
  async #guarded(once: () => Promise<boolean>): Promise<boolean> {
    try {
      return await once();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#deps.log.error({ error: message }, "the ledger did not answer; rotations wait, and nothing is lost");
      return false;
    }
  }

  async #admit(): Promise<boolean> {
    const started = await admitRequests(this.#deps, this.#options.admission);
    if (started > 0) this.#claims.wake();
    return started > 0;
  }

  /** Whoever observes only wants to know what is due, too. */
  async #schedule(): Promise<boolean> {
    const { environment, rotationOn } = this.#options.admission;
    const free = this.#options.isHeld?.() === undefined;
    const written = await keepSchedules(this.#deps, { environment, rotationOn, free });
    if (written > 0) this.#admission.wake();
    return false;
  }

  async #claimDue(): Promise<boolean> {
    const free = this.#options.concurrency - this.#running.size;
    if (free <= 0) return false;
    const claims = await claimRotations(this.#deps.db, this.#deps.replica, free, this.#deps.leaseMs);
    for (const claim of claims) this.#begin(claim);
    return claims.length > 0;
  }

  #begin(claim: Claim): void {
    const lost = new AbortController();
    this.#running.set(claim.claim, { lost, done: this.#follow(claim, lost) });
  }

  async #follow(claim: Claim, lost: AbortController): Promise<void> {
    const dueMs = await work(this.#deps, claim, { lost: lost.signal, stopping: this.#stopping.signal });
    this.#running.delete(claim.claim);
    this.#claims.wake();
    // A short wait is not left to the next poll; a long one lives in the ledger alone.
    if (dueMs !== undefined && dueMs <= this.#options.pollMs) {
      setTimeout(() => this.#claims.wake(), Math.max(1, dueMs)).unref();
    }
  }

  /** At a third of the lease. A claim that is not ours any more stops its work. */
  async #renew(): Promise<boolean> {
    const claims = [...this.#running.keys()];
    if (claims.length === 0) return false;
    const held = await renewClaims(this.#deps.db, claims, this.#deps.leaseMs);
    const gone = claims.filter((claim) => !held.has(claim));
    for (const claim of gone) this.#running.get(claim)?.lost.abort();
    return false;
  }
}
