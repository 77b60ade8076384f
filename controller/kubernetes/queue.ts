import { Backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";

export interface KeyQueueOptions {
  /** Works on one key; never twice at once on the same one. When it rejects, the key comes again after a pause. */
  work(this: void, key: string, signal: AbortSignal): Promise<void>;
  /** So many keys are worked on at once. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Nothing is begun after it is aborted; work that is under way is handed it. */
  readonly signal: AbortSignal;
  onTrouble(this: void, trouble: { readonly key: string; readonly error: unknown; readonly retryInMs: number }): void;
}

const BACKOFF = { firstMs: 800, longestMs: 300_000, healthyMs: Infinity };

/**
 * Keys that have to be looked at, each once however often it was added. A key that is added while it is worked on is worked on once more
 * afterwards, so that no change is missed; objects are read anew by whoever works.
 */
export class KeyQueue {
  readonly #options: KeyQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #working = new Map<string, { again: boolean }>();
  readonly #later = new Map<string, { readonly untilMs: number; readonly cancel: AbortController }>();
  readonly #failing = new Map<string, Backoff>();
  #draining = false;
  #idle = Promise.withResolvers<void>();

  constructor(options: KeyQueueOptions) {
    if (!Number.isInteger(options.concurrency) || options.concurrency < 1)
      throw new RangeError("a queue needs a worker");
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#end(), { once: true });
    if (options.signal.aborted) this.#end();
  }

  /** Keys that wait, are worked on, or come later. */
  get size(): number {
    return new Set([...this.#waiting, ...this.#working.keys(), ...this.#later.keys()]).size;
  }

  /** Soon: also a key that was to come later, because something happened to it. Ignored after the end has begun. */
  add(key: string): void {
    if (this.#draining) return;
    this.#cancel(key);
    this.#enqueue(key);
    this.#next();
  }

  /** After a while; of several times the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#draining || this.#waiting.has(key)) return;
    const untilMs = this.#options.clock.monotonicMs() + ms;
    if ((this.#later.get(key)?.untilMs ?? Infinity) <= untilMs) return;
    this.#cancel(key);
    const cancel = new AbortController();
    this.#later.set(key, { untilMs, cancel });
    this.#options.clock.sleep(ms, cancel.signal).then(
      () => this.add(key),
      () => {},
    );
  }

  /** The key does not exist any more: it does not come later, and its failures are forgotten. */
  forget(key: string): void {
    this.#cancel(key);
    this.#failing.delete(key);
  }

  /** Takes no more keys, drops those that were to come later, and resolves when those that wait are done or were tried. */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const key of this.#later.keys()) this.#cancel(key);
    this.#settle();
    await this.#idle.promise;
  }

  #end(): void {
    this.#draining = true;
    this.#waiting.clear();
    for (const mark of this.#working.values()) mark.again = false;
    for (const key of this.#later.keys()) this.#cancel(key);
    this.#settle();
  }

  #cancel(key: string): void {
    this.#later.get(key)?.cancel.abort();
    this.#later.delete(key);
  }

  #enqueue(key: string): void {
    const mark = this.#working.get(key);
    if (mark) mark.again = true;
    else this.#waiting.add(key);
  }

  #next(): void {
    for (const key of this.#waiting) {
      if (this.#working.size >= this.#options.concurrency) return;
      this.#waiting.delete(key);
      void this.#work(key);
    }
  }

  /** Never rejects. */
  async #work(key: string): Promise<void> {
    const mark = { again: false };
    this.#working.set(key, mark);
    try {
      await this.#options.work(key, this.#options.signal);
      this.#failing.delete(key);
    } catch (error) {
      this.#failed(key, error);
    }
    this.#working.delete(key);
    if (mark.again) {
      this.#cancel(key);
      this.#waiting.add(key);
    }
    this.#next();
    this.#settle();
  }

  #failed(key: string, error: unknown): void {
    const { clock, random, onTrouble } = this.#options;
    const backoff = this.#failing.get(key) ?? new Backoff(BACKOFF, clock, random);
    this.#failing.set(key, backoff);
    const retryInMs = backoff.nextMs();
    this.addAfter(key, retryInMs);
    try {
      onTrouble({ key, error, retryInMs });
    } catch {
      // A report that fails stops nothing.
    }
  }

  #settle(): void {
    if (this.#draining && this.#waiting.size + this.#working.size === 0) this.#idle.resolve();
  }
}
