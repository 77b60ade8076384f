/**
 * The ledger's row of one claimed rotation while it is held: what was observed, and every change since.
 *
 * Steps that run side by side write through here one after the other. What is waiting when a write ends goes out together in
 * the next one: many consumers that answer at once cost few commits.
 */
import type { ConsumerRow, Instant, RotationFacts, Snapshot, State } from "../domain/world.ts";
import { mayFollow } from "../domain/transitions.ts";
import type { ChainHead } from "../ledger/audit.ts";
import type { Claim } from "../ledger/claims.ts";
import type { Change, Release } from "../ledger/record.ts";
import { Overtaken } from "../ledger/record.ts";
import type { Deps } from "./deps.ts";
import { insist } from "./insist.ts";

/** The row as it is now, every written change included. */
export interface Live {
  readonly state: State;
  readonly facts: RotationFacts;
  readonly consumers: ReadonlyMap<string, ConsumerRow>;
}

interface Waiting {
  readonly make: (live: Live, now: Instant) => Change;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Journal {
  readonly claim: Claim;
  readonly #deps: Deps;
  #live: Live = { state: "verifying", facts: {}, consumers: new Map() };
  #snapshot: Snapshot | undefined;
  #head: ChainHead;
  #base = { at: 0, mark: 0 };
  #waiting: Waiting[] = [];
  #writing = false;
  #broken: unknown;

  constructor(deps: Deps, claim: Claim) {
    this.claim = claim;
    this.#deps = deps;
    this.#head = { chain: claim.id, seq: claim.chainSeq, hash: claim.chainHash };
  }

  /** Every written change included. */
  get live(): Live {
    return this.#live;
  }

  /** A write failed: the claim is gone, or the database is. Nothing more is written. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** What the rotation runs on, once it was observed. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** The database's time, carried on by the monotonic clock. */
  now(): Instant {
    return new Date(this.#base.at + (this.#deps.clock.monotonicMs() - this.#base.mark)).toISOString();
  }

  /** A fresh observation replaces what was known. */
  reset(observed: Live, snapshot: Snapshot, at: Instant): void {
    this.#live = observed;
    this.#snapshot = snapshot;
    this.#base = { at: Date.parse(at), mark: this.#deps.clock.monotonicMs() };
  }

  /**
   * Durable when it resolves. `make` sees every earlier change. An outage of the ledger is sat out within the lease. Rejects with
   * `Overtaken` where the change asks for it, with `Fenced` or with a database's error: after these two nothing more is written.
   */
  async write(make: (live: Live, now: Instant) => Change): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject });
      if (!this.#writing) void this.#writeWaiting();
    });
  }

  /** Gives the claim back. */
  async release(release: Release): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const order = { claim: this.claim, head: this.#head, changes: [], at: this.now(), release };
    this.#head = await insist(this.#deps, order);
  }

  async #writeWaiting(): Promise<void> {
    this.#writing = true;
    // What is asked for in the same turn of the event loop goes out together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#writeBatch(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        if (!(error instanceof Overtaken)) this.#broken ??= error;
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = false;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const at = this.now();
    let next = this.#live;
    const changes: Change[] = [];
    for (const { make } of batch) {
      const change = withEntered(next, make(next, at), at);
      next = after(next, change);
      changes.push(change);
    }
    this.#head = await insist(this.#deps, { claim: this.claim, head: this.#head, changes, at });
    this.#live = next;
  }
}

function after(live: Live, change: Change): Live {
  const consumers = new Map(live.consumers);
  for (const consumer of change.consumers ?? []) consumers.set(consumer.id, consumer);
  return { state: change.state ?? live.state, facts: change.facts ?? live.facts, consumers };
}

/** Notes when a state was entered, for the durations that people are shown. */
function withEntered(live: Live, change: Change, at: Instant): Change {
  if (change.state === undefined || change.state === live.state) return change;
  if (!mayFollow(live.state, change.state)) throw new Error(`there is no way from ${live.state} to ${change.state}`);
  const facts = change.facts ?? live.facts;
  return {
    ...change,
    facts: { ...facts, entered: [...(facts.entered ?? []), { state: change.state, at }].slice(-40) },
  };
}
