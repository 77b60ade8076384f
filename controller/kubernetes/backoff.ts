import type { Clock } from "./clock.ts";

export interface BackoffShape {
  readonly firstMs: number;
  readonly longestMs: number;
  /** After so long without a failure it begins anew. */
  readonly healthyMs: number;
}

/** How long to wait after each failure: twice as long each time; the upper half is left to chance, so that not all come at once. */
export class Backoff {
  readonly #shape: BackoffShape;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #random: () => number;
  #failures = 0;
  #untilMs = 0;

  constructor(shape: BackoffShape, clock: Pick<Clock, "monotonicMs">, random: () => number) {
    this.#shape = shape;
    this.#clock = clock;
    this.#random = random;
  }

  /** To be called at a failure. */
  nextMs(): number {
    const now = this.#clock.monotonicMs();
    if (now - this.#untilMs >= this.#shape.healthyMs) this.#failures = 0;
    const planned = Math.min(this.#shape.longestMs, this.#shape.firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    const pause = planned * (0.5 + this.#random() / 2);
    this.#untilMs = now + pause;
    return pause;
  }

  reset(): void {
    this.#failures = 0;
  }
}
