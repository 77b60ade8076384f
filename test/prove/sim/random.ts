/** Randomness that follows from a text: the same telling draws the same lots. */
import { createHash } from "node:crypto";

export interface Lots {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in 0 … below - 1. */
  below(count: number): number;
  pick<T>(from: readonly T[]): T;
  bytes(count: number): Buffer;
  /** Begins with `prefix`, eight hexadecimal digits. */
  uuid(prefix: string): string;
}

export function lotsOf(text: string): Lots {
  let state = createHash("sha256").update(text).digest().readUInt32LE(0);
  // mulberry32: small, fast, and good enough to choose with.
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const next = (): number => word() / 2 ** 32;
  const below = (count: number): number => Math.floor(next() * count);
  const hex = (): string => word().toString(16).padStart(8, "0");
  return {
    next,
    below,
    pick: (from) => {
      const found = from[below(from.length)];
      if (found === undefined) throw new Error("nothing to pick from");
      return found;
    },
    bytes: (count) => {
      const bytes = Buffer.alloc(count);
      for (let at = 0; at < count; at += 1) bytes[at] = word() & 0xff;
      return bytes;
    },
    uuid: (prefix) => {
      const rest = hex() + hex() + hex();
      return `${prefix}-${rest.slice(0, 4)}-4${rest.slice(5, 8)}-8${rest.slice(9, 12)}-${rest.slice(12)}`;
    },
  };
}
