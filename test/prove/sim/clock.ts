/** The time of a telling. It stands still while anybody can do anything, so that a day costs as much as an instant. */
import type { SimClock } from "../api.ts";

/** Every telling begins here, so that its text alone decides what is written. */
export const BEGINNING = Date.parse("2027-03-01T09:00:00.000Z");

/** Something that is to happen when the time has come. */
interface Alarm {
  readonly at: number;
  /** The deadline of a call: of interest only while somebody waits for an answer. */
  readonly deadline: boolean;
  readonly ring: () => Promise<void> | void;
}

const LATE = new DOMException("the deadline passed", "TimeoutError");

export interface TimeOptions {
  /** Resolves when no statement is under way. Called only while somebody waits for time to pass. */
  readonly quiet: () => Promise<void> | undefined;
  /** Called whenever time has moved. */
  readonly moved: (now: number) => void;
}

export class VirtualClock implements SimClock {
  readonly #options: TimeOptions;
  #now = BEGINNING;
  #alarms: Alarm[] = [];
  #hanging = 0;
  #pumping = false;
  /** Somebody stands still with a call to make: its deadline passes all the same. */
  keepsDeadlines = false;
  /** What broke while time was pumped, for whoever tells the story. */
  broken: Error | undefined;

  constructor(options: TimeOptions) {
    this.#options = options;
  }

  now(): number {
    return this.#now;
  }

  /** Rings once, when time reaches `at`. The answer takes it back. */
  alarm(at: number, ring: () => Promise<void> | void): () => void {
    return this.#set({ at, deadline: false, ring });
  }

  #set(alarm: Alarm): () => void {
    const place = this.#alarms.findIndex((each) => each.at > alarm.at);
    this.#alarms.splice(place < 0 ? this.#alarms.length : place, 0, alarm);
    return () => {
      this.#alarms = this.#alarms.filter((each) => each !== alarm);
    };
  }

  /** What the engine gets for its deadlines. */
  timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    this.#set({ at: this.#now + ms, deadline: true, ring: () => controller.abort(LATE) });
    return controller.signal;
  }

  async hang(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await this.#waitFor(promise);
  }

  /** Resolves after so much time, which passes as soon as nobody else has anything to do. */
  async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.alarm(this.#now + ms, resolve);
    await this.#waitFor(promise);
  }

  async #waitFor(promise: Promise<void>): Promise<void> {
    this.#hanging += 1;
    if (!this.#pumping) void this.#pump();
    await promise;
    this.#hanging -= 1;
  }

  /** Moves on to `at`, and rings on the way. */
  async moveTo(at: number): Promise<void> {
    for (let next = this.#alarms[0]; next !== undefined && next.at <= at; next = this.#alarms[0]) {
      this.#alarms.shift();
      if (next.deadline && this.#hanging === 0 && !this.keepsDeadlines) continue;
      this.#move(next.at);
      await next.ring();
    }
    this.#move(at);
  }

  #move(at: number): void {
    if (at <= this.#now) return;
    this.#now = at;
    this.#options.moved(at);
  }

  /** While a call hangs, the next deadline comes as soon as nobody else has anything to do. */
  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      while (this.#hanging > 0) {
        await turn();
        const busy = this.#options.quiet();
        if (busy) await busy;
        else if (this.#hanging > 0) await this.#moveToNext();
      }
    } catch (error) {
      this.broken = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#pumping = false;
    }
  }

  async #moveToNext(): Promise<void> {
    const next = this.#alarms[0];
    if (!next) throw new Error("a call hangs, and no deadline will ever end it");
    await this.moveTo(next.at);
  }
}

/** One turn of the event loop: everything that can go on without an answer from outside has gone on. */
async function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
