import type { ErrorFacts } from "./errors.ts";
import { Terminal } from "./errors.ts";
import { Secret } from "./secret.ts";

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
/** Visible ASCII with spaces and tabs inside. Other bytes are read differently by different servers. */
const VALUE = /^[\t\x20-\x7e]*$/;
/** How a message is framed and routed is the client's own business. */
const FRAMING = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

type HeaderSet = Readonly<Record<string, string | Secret>>;

/**
 * Header values as they go on the wire, trimmed (a secret that was pasted into a file ends with a newline), later sets winning.
 * Throws `Terminal` `HeaderInvalid` with the header's name and never its value.
 */
export function wireHeaders(sets: readonly HeaderSet[], facts: ErrorFacts): Record<string, string> {
  const all = new Map<string, string>();
  for (const [name, value] of sets.flatMap((set) => Object.entries(set))) {
    const lower = name.toLowerCase();
    const text = (value instanceof Secret ? value.reveal() : value).trim();
    if (!NAME.test(name) || FRAMING.has(lower) || !VALUE.test(text)) throw headerInvalid(name, facts);
    all.set(lower, text);
  }
  return Object.fromEntries(all);
}

/** True when a header can carry exactly this text: nothing that a server would trim, fold or decode in its own way. Pure. */
export function fitsHeader(text: string): boolean {
  return text !== "" && VALUE.test(text) && text.trim() === text;
}

function headerInvalid(name: string, facts: ErrorFacts): Terminal {
  const shown = NAME.test(name) ? `\`${name}\`` : "One of the headers";
  return new Terminal(
    {
      reason: "HeaderInvalid",
      message: `${shown} has a name or a value that HTTP does not allow here.`,
      remedy: "Correct the header in the VendorAccount; values are visible ASCII on one line.",
    },
    facts,
  );
}
