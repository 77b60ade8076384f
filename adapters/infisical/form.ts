/** Which values Infisical keeps exactly as they are given. Pure. */
import type { WriteOrder } from "../contract.ts";
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import type { Secret } from "../secret.ts";

/** What Infisical makes of a value: blanks at both ends go, and one line end stays. */
export function keptForm(text: string): string {
  return text.endsWith("\n") ? `${text.trim()}\n` : text.trim();
}

/** `${prod.orders.KEY}`: consumers are given what it points to. */
export function isReference(text: string): boolean {
  return /\$\{[^{}]+\}/.test(text);
}

/** The order's keys, checked before anything is sent. Throws `Terminal`. */
export function checkedKeys(order: WriteOrder, facts: ErrorFacts): ReadonlyMap<string, Secret | null> {
  const keys = new Map(Object.entries(order.keys));
  for (const [name, value] of keys) {
    if (!/^[^\s:/]{1,255}$/.test(name)) throw nameRefused(facts);
    if (value !== null) refuseUnkept(value, facts);
  }
  return keys;
}

function refuseUnkept(value: Secret, facts: ErrorFacts): void {
  const text = value.reveal();
  const isText = Buffer.from(text, "utf8").equals(value.revealBytes()) && !text.includes("\0");
  if (!isText || keptForm(text) !== text)
    throw unkept("has blanks at an end, which Infisical cuts off, or is no text", facts);
  if (isReference(text))
    throw unkept("has a `${…}` in it, which Infisical reads as a reference to another secret", facts);
  if (text === "<hidden-by-infisical>") throw unkept("is what Infisical shows in place of a hidden value", facts);
}

function unkept(why: string, facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "ValueNotKept",
      message: `A value ${why}.`,
      remedy: "Use an issuer or a field whose value is plain text without these, for example base64.",
    },
    facts,
  );
}

function nameRefused(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "SecretNameInvalid",
      message: "A key has a name that Infisical does not take.",
      remedy: "Use a name without blanks, colons and slashes in the consumer's keys[].name.",
    },
    facts,
  );
}
