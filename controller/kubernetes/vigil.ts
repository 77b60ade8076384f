import type { Clock } from "./clock.ts";
import { ApiError } from "./error.ts";

/** A watch over a stream that may fall silent without ending. */
export class Vigil implements Disposable {
  /** Aborts with the outer signal's reason, or with an ApiError when nothing came for too long. */
  readonly signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #unlisten: () => void;
  #sinceMs: number;
  #away = false;

  constructor(outer: AbortSignal, limitMs: number, clock: Clock) {
    this.signal = this.#stop.signal;
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#sinceMs = clock.monotonicMs();
    const pass = (): void => this.#stop.abort(outer.reason);
    if (outer.aborted) pass();
    outer.addEventListener("abort", pass, { once: true });
    this.#unlisten = () => outer.removeEventListener("abort", pass);
    this.#keep().catch(() => {});
  }

  /** Something came, and is worked on: that takes as long as it takes. */
  async leave(work: () => Promise<void>): Promise<void> {
    this.#away = true;
    try {
      await work();
    } finally {
      this.#away = false;
      this.#sinceMs = this.#clock.monotonicMs();
    }
  }

  async #keep(): Promise<void> {
    while (!this.signal.aborted) {
      const silentMs = this.#away ? 0 : this.#clock.monotonicMs() - this.#sinceMs;
      if (silentMs >= this.#limitMs) this.#stop.abort(silence());
      else await this.#clock.sleep(this.#limitMs - silentMs, this.signal);
    }
  }

  [Symbol.dispose](): void {
    this.#unlisten();
    this.#stop.abort(new Error("the watch is over"));
  }
}

function silence(): ApiError {
  return new ApiError("The watch said nothing for longer than it was to last.", {
    reason: "ClusterTimeout",
    code: "SILENT",
    remedy: "Look for proxies and firewalls between here and the API server that forget connections.",
  });
}
