/** Fingerprints of what one look saw. Most places hold the same value: its fingerprint is made once, and forgotten with the look. */
import type { Secret } from "../../adapters/secret.ts";
import { fingerprint } from "../custody/fingerprint.ts";
import type { KeyRing } from "../custody/key.ts";

interface Known {
  readonly value: Secret;
  readonly print: string;
}

export class Prints {
  readonly #keys: KeyRing;
  readonly #credential: string;
  /** Of each field the last one that was seen. */
  readonly #known = new Map<string, Known>();

  constructor(keys: KeyRing, credential: string) {
    this.#keys = keys;
    this.#credential = credential;
  }

  of(field: string, value: Secret): string {
    const known = this.#known.get(field);
    if (known?.value.equals(value) === true) return known.print;
    const print = fingerprint(this.#keys, `field:${field}`, this.#credential, value);
    this.#known.set(field, { value, print });
    return print;
  }
}
