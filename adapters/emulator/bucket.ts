/** How vendors count requests. Times are milliseconds since 1970. */

/** So many at once, refilled evenly. */
export class TokenBucket {
  readonly #size: number;
  readonly #perMs: number;
  #left: number;
  #at: number | undefined;

  constructor({ size, perMinute }: { readonly size: number; readonly perMinute: number }) {
    this.#size = size;
    this.#perMs = perMinute / 60_000;
    this.#left = size;
  }

  /** What is left after this one; undefined where nothing was left. */
  take(now: number): number | undefined {
    this.#refill(now);
    if (this.#left < 1) return undefined;
    this.#left -= 1;
    return Math.floor(this.#left);
  }

  left(now: number): number {
    this.#refill(now);
    return Math.floor(this.#left);
  }

  #refill(now: number): void {
    this.#left = Math.min(this.#size, this.#left + (now - (this.#at ?? now)) * this.#perMs);
    this.#at = now;
  }
}

/** So many in each window, all of them at its beginning. */
export class FixedWindow {
  readonly #size: number;
  readonly #windowMs: number;
  #begun = -Infinity;
  #used = 0;

  constructor({ size, windowMs }: { readonly size: number; readonly windowMs: number }) {
    this.#size = size;
    this.#windowMs = windowMs;
  }

  /** `left` is negative where this one was too many; `resetMs`: until the next window. */
  take(now: number): { readonly left: number; readonly resetMs: number } {
    if (now >= this.#begun + this.#windowMs) [this.#begun, this.#used] = [now, 0];
    this.#used += 1;
    return { left: this.#size - this.#used, resetMs: this.#begun + this.#windowMs - now };
  }
}
