import type { Clock } from "./clock.ts";

export interface RateLimitShape {
  /** So many at once. */
  readonly burst: number;
  /** Then one in so many milliseconds. */
  readonly everyMs: number;
  /** Of so many keys it is remembered; those that were not used for longest are forgotten. */
  readonly keys: number;
}

/** How often something may be done for each key. */
export class RateLimit {
  readonly #shape: RateLimitShape;
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** By key, when it could be used in full again. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(shape: RateLimitShape, clock: Pick<Clock, "monotonicMs">) {
    this.#shape = shape;
    this.#clock = clock;
  }

  /** Whether it may be done now; when it may, it counts. */
  take(key: string): boolean {
    const { burst, everyMs, keys } = this.#shape;
    const now = this.#clock.monotonicMs();
    const fullAtMs = Math.max(now, this.#fullAtMs.get(key) ?? now) + everyMs;
    if (fullAtMs - now > burst * everyMs) return false;
    this.#fullAtMs.delete(key);
    this.#fullAtMs.set(key, fullAtMs);
    for (const oldest of this.#fullAtMs.keys()) if (this.#fullAtMs.size > keys) this.#fullAtMs.delete(oldest);
    return true;
  }
}
