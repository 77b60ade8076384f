import { changesOf, remember } from "./change.ts";
import type { Change, Known } from "./change.ts";
import type { ApiObject } from "./object.ts";

export interface DeliveryOptions {
  readonly apply: (changes: readonly Change[], whole: boolean) => Promise<void>;
  /** Reports that applying failed, and waits until it is tried again; rejects when nothing is tried any more. */
  readonly pause: (error: unknown) => Promise<void>;
  readonly signal: AbortSignal;
}

/** So many objects wait at most while the consumer is busy; then nothing more is read. */
const MAX_WAITING = 500;

/**
 * Brings changes to a consumer, one batch after the other. What changes again while it waits is brought once, as it is at last. A batch
 * that fails is brought again as it was until it succeeds, so that a consumer that did half of it sees nothing that undoes the half.
 */
export class Delivery {
  /** What the consumer has. */
  readonly known: ReadonlyMap<string, Known>;
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Map<string, ApiObject | undefined>();
  readonly #options: DeliveryOptions;
  #pump: Promise<void> | undefined;
  #room = Promise.withResolvers<void>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.known = this.#known;
  }

  /** Takes the newest state of one object, undefined when it is deleted, and waits only where too much waits already. */
  async put(key: string, newest: ApiObject | undefined): Promise<void> {
    while (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(key)) {
      await this.#room.promise;
      this.#options.signal.throwIfAborted();
    }
    this.#waiting.set(key, newest);
    this.#pump ??= this.#run();
  }

  /** Resolves when nothing waits and nothing is being applied; early when the signal is aborted and no apply is under way. */
  async idle(): Promise<void> {
    while (this.#pump) await this.#pump;
  }

  /** Brings the newest states of several objects, and waits until the consumer has them. */
  async bring(newest: ReadonlyMap<string, ApiObject | undefined>, whole: boolean): Promise<void> {
    await this.idle();
    const changes = [...newest].flatMap(([key, object]) => changesOf(key, this.#known.get(key), object));
    if (changes.length > 0 || whole) await this.#apply(changes, whole);
  }

  async #run(): Promise<void> {
    // In the next turn, so that what arrives together is brought together.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.size > 0) {
        const batch = [...this.#waiting].flatMap(([key, object]) => changesOf(key, this.#known.get(key), object));
        this.#waiting.clear();
        this.#release();
        if (batch.length > 0) await this.#apply(batch, false);
      }
    } catch {
      // Only because the signal is aborted: all else is tried again.
    } finally {
      this.#pump = undefined;
      this.#release();
    }
  }

  #release(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  async #apply(changes: readonly Change[], whole: boolean): Promise<void> {
    for (;;) {
      this.#options.signal.throwIfAborted();
      try {
        await this.#options.apply(changes, whole);
        return remember(this.#known, changes);
      } catch (error) {
        await this.#options.pause(error);
      }
    }
  }
}
