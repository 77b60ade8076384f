import type { ApiClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import { isApiError } from "./error.ts";

export interface ComebackOptions {
  readonly client: Pick<ApiClient, "send">;
  readonly clock: Clock;
  /** In [0, 1): spreads the questions of several replicas. */
  readonly random: () => number;
  /** Told each time that the API server is ready again after it was not. Must not throw. */
  onReady?(this: void): void;
}

export interface Comeback {
  /**
   * Resolves after so long, or as soon as the API server is ready again after it was seen not to be. With `hopeful` its first yes is enough:
   * for who has seen it fail, and it may be back before anybody has asked. Rejects with the signal's reason when that is aborted.
   */
  pause(ms: number, hopeful: boolean, signal: AbortSignal): Promise<void>;
}

/** Between two questions, half of it left to chance. */
const EVERY_MS = 1_500;
const TIMEOUT_MS = 1_000;

/**
 * Ends the pauses of all who wait for an API server when it is back. While anybody waits, one small question a second is asked for all of
 * them, until the answer is yes; what everybody wants of the server is asked then, and not by each on trial.
 */
export function openComeback(options: ComebackOptions): Comeback {
  return new Asking(options);
}

interface Waiting {
  hopeful: boolean;
  readonly wake: AbortController;
}

class Asking implements Comeback {
  readonly #options: ComebackOptions;
  readonly #waiting = new Set<Waiting>();
  #isAsking = false;

  constructor(options: ComebackOptions) {
    this.#options = options;
  }

  async pause(ms: number, hopeful: boolean, signal: AbortSignal): Promise<void> {
    const one: Waiting = { hopeful, wake: new AbortController() };
    this.#waiting.add(one);
    if (!this.#isAsking) void this.#ask();
    try {
      await this.#options.clock.sleep(ms, AbortSignal.any([signal, one.wake.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
    } finally {
      this.#waiting.delete(one);
    }
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    this.#isAsking = true;
    const before = await this.#untilReady();
    this.#isAsking = false;
    if (before === "nobody waits") return;
    for (const one of this.#waiting) if (one.hopeful) one.wake.abort();
    if (before === "away") this.#options.onReady?.();
  }

  /** How it was until it said yes. */
  async #untilReady(): Promise<"there" | "away" | "nobody waits"> {
    const { clock, random } = this.#options;
    const never = new AbortController().signal;
    for (let before: "there" | "away" = "there"; ; before = "away") {
      await clock.sleep(EVERY_MS * (0.5 + random() / 2), never);
      if (this.#waiting.size === 0) return "nobody waits";
      if (await this.#isReady(never)) return before;
      for (const one of this.#waiting) one.hopeful = true;
    }
  }

  async #isReady(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.client.send({ method: "GET", path: "/readyz", timeoutMs: TIMEOUT_MS, once: true }, signal);
      return true;
    } catch (error) {
      // It says `ok`, which is no JSON.
      return isApiError(error) && error.status === 200;
    }
  }
}
