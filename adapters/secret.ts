import { timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

const REDACTED = "[redacted]";

/**
 * A credential value in memory. It prints, serialises and inspects as `[redacted]`, so that a value cannot leave through a
 * log line, an error or a template by accident. `reveal()` is called at the last line before the wire, and nowhere else.
 *
 * `wipe()` fills the buffer with zeros. That is best effort: strings that were revealed live until V8 collects them.
 */
export class Secret {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A copy of `value`: UTF-8 when a string. */
  static from(value: string | Uint8Array): Secret {
    return new Secret(typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value));
  }

  /** The value as UTF-8 text. The only way out. */
  reveal(): string {
    return this.#bytes.toString("utf8");
  }

  /** The value's own bytes, not a copy: for hashing and sealing. Never keep them. */
  revealBytes(): Uint8Array {
    return this.#bytes;
  }

  /** Compares in constant time for equal lengths. */
  equals(other: Secret): boolean {
    return this.#bytes.length === other.#bytes.length && timingSafeEqual(this.#bytes, other.#bytes);
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** One credential value by field name, for example `{ user, password, url }`. A simple token has the one field `value`. */
export type SecretFields = Readonly<Record<string, Secret>>;

/** True when both hold the same fields with the same values. */
export function sameFields(a: SecretFields, b: SecretFields): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const left = a[name];
    const right = b[name];
    return left !== undefined && right !== undefined && left.equals(right);
  });
}
