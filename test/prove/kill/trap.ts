/** Waits at one moment of one credential's rotation, and counts who passes. */
import type { Blow, Point } from "./schedule.ts";

export class Trap {
  readonly #blow: Blow | undefined;
  readonly #passed = new Map<string, number>();
  /** In the order in which they were passed: `issuer.mint:before:1`. */
  readonly moments: string[] = [];
  sprung = false;

  constructor(blow: Blow | undefined) {
    this.#blow = blow;
  }

  /** The blow, when this is its moment. */
  pass(label: string, point: Point): Blow | undefined {
    const key = `${label}:${point}`;
    const nth = (this.#passed.get(key) ?? 0) + 1;
    this.#passed.set(key, nth);
    this.moments.push(`${key}:${nth}`);
    const blow = this.#blow;
    if (this.sprung || !blow || blow.label !== label || blow.point !== point || blow.nth !== nth) return undefined;
    this.sprung = true;
    return blow;
  }
}
