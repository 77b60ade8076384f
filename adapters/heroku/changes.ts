/** What a write asks for, as text that a config var can hold. Pure. */
import type { WriteOrder } from "../contract.ts";
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import type { Secret } from "../secret.ts";

/** `null` removes. */
export type Changes = Readonly<Record<string, string | null>>;

const KEY = /^\w+$/;
/** Heroku keeps these for itself. */
const KEPT = /^(HEROKU_|__)/;

/** Throws `Terminal` before anything is sent. */
export function changesOf(order: WriteOrder, facts: ErrorFacts): Changes {
  const entries = Object.entries(order.keys);
  for (const [key] of entries) if (!KEY.test(key) || KEPT.test(key)) throw keyInvalid(key, facts);
  return Object.fromEntries(entries.map(([key, secret]) => [key, secret === null ? null : textOf(secret, facts)]));
}

function textOf(secret: Secret, facts: ErrorFacts): string {
  const text = secret.reveal();
  if (Buffer.from(text, "utf8").equals(secret.revealBytes()) && !text.includes("\0")) return text;
  throw new Terminal(
    {
      reason: "ValueNotRepresentable",
      message: "A value is no UTF-8 text or has a NUL in it, which no environment variable can hold.",
      remedy: "Use an issuer or a field whose value is text, for example base64.",
    },
    facts,
  );
}

function keyInvalid(key: string, facts: ErrorFacts): Terminal {
  const shown = KEY.test(key) ? `\`${key}\`` : "A key";
  return new Terminal(
    {
      reason: "KeyNameInvalid",
      message: `${shown} has a name that no config var may have.`,
      remedy: "Use letters, digits and `_` in the consumer's keys[].name, and begin with neither HEROKU_ nor __.",
    },
    facts,
  );
}
