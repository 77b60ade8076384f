/** What may be written: judged as a whole before anything is sent. Pure. */
import type { WriteOrder } from "../contract.ts";
import { type ErrorText, Terminal } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { VENDOR } from "./settings.ts";

export interface Entry {
  /** As GitHub keeps it: upper case. */
  readonly name: string;
  /** Null: to be removed. */
  readonly value: Secret | null;
}

const NAME = /^[A-Z_][A-Z0-9_]*$/;

/** GitHub keeps names in upper case. Throws `Terminal` `SecretNameInvalid`. */
export function secretName(key: string): string {
  const name = key.toUpperCase();
  if (NAME.test(name) && !name.startsWith("GITHUB_")) return name;
  throw refused({
    reason: "SecretNameInvalid",
    message: `GitHub has no secret named ${key}.`,
    remedy: "Use letters, digits and `_` in keys[].name, neither a digit nor GITHUB_ in front.",
  });
}

/** Throws `Terminal` where one of them cannot be written. */
export function entriesOf(keys: WriteOrder["keys"], maxBytes: number): readonly Entry[] {
  const entries = Object.entries(keys).map(([key, value]) => ({ name: secretName(key), value }));
  if (new Set(entries.map(({ name }) => name)).size < entries.length) {
    throw refused({
      reason: "SecretNameInvalid",
      message: "Two keys of this consumer differ in case only, and GitHub keeps one secret for both.",
      remedy: "Give each key a name of its own.",
    });
  }
  const large = entries.find(({ value }) => value !== null && value.revealBytes().length > maxBytes);
  if (!large) return entries;
  throw refused({
    reason: "SecretTooLarge",
    message: `The value for ${large.name} is larger than the ${maxBytes} bytes that GitHub keeps.`,
    remedy: "Give the consumer a field that is smaller.",
  });
}

function refused(text: ErrorText): Terminal {
  return new Terminal(text, { vendor: VENDOR, operation: "write secrets" });
}
