import { parseEnv } from "node:util";
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import type { Format } from "./format.ts";

/**
 * `NAME=value` lines. There is no standard for them, so two readers rule: Node's own `util.parseEnv`, and the grammar of npm's
 * `dotenv`. Everything that is not the value of an owned key stays as it is, byte for byte, and no edit leaves this module unless
 * both readers see exactly the wanted change in it and nothing else.
 */
export const dotenv: Format = {
  read: (text) => readers[0](text),
  edit: (text, changes, facts) => {
    for (const name of changes.keys()) if (!NAME.test(name)) throw nameRefused(name, facts);
    const pieces = scan(text);
    const kept = pieces.flatMap((piece) => rewrite(piece, changes, facts));
    const there = new Set(pieces.map((piece) => piece.name));
    const missing = [...changes].filter(([name, value]) => value !== null && !there.has(name));
    const eol = /\r\n/.test(text) ? "\r\n" : "\n";
    const body = kept.join("");
    const gap = missing.length > 0 && body !== "" && !body.endsWith("\n") ? eol : "";
    const added = missing.map(([name, value]) => `${name}=${render(name, value ?? "", "", facts)}${eol}`);
    const edited = body + gap + added.join("");
    if (!readers.every((read) => isExactly(read(text), changes, read(edited)))) throw notUnderstood(facts);
    return edited;
  },
};

const NAME = /^[\w.-]+$/;

/** A run of text: an assignment with its parts, or (nameless) anything else. */
interface Piece {
  readonly name?: string;
  /** Indentation, `export`, name and equals sign. */
  readonly head: string;
  /** As it stands, quotes included. */
  readonly raw: string;
  /** Comment and line end. */
  readonly tail: string;
}

const HEAD = /([ \t]*(?:export[ \t]+)?)([\w.-]+)([ \t]*=[ \t]*)/y;
const QUOTES = ["'", '"', "`"];

function scan(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length;) {
    const piece = assignmentAt(text, at) ?? { head: lineAt(text, at), raw: "", tail: "" };
    pieces.push(piece);
    at += piece.head.length + piece.raw.length + piece.tail.length;
  }
  return pieces;
}

function assignmentAt(text: string, at: number): Piece | undefined {
  HEAD.lastIndex = at;
  const found = HEAD.exec(text);
  const name = found?.[2];
  if (found === null || name === undefined) return undefined;
  const start = at + found[0].length;
  const raw = quotedAt(text, start) ?? bareAt(text, start);
  return { name, head: found[0], raw, tail: lineAt(text, start + raw.length) };
}

/** A quoted value may span lines. What follows its end can only be a comment; else both readers differ and it is no quoted value. */
function quotedAt(text: string, start: number): string | undefined {
  const quote = text[start] ?? "";
  const end = QUOTES.includes(quote) ? text.indexOf(quote, start + 1) : -1;
  if (end < 0 || !/^[ \t]*(#.*)?\r?\n?$/.test(lineAt(text, end + 1))) return undefined;
  return text.slice(start, end + 1);
}

function bareAt(text: string, start: number): string {
  return (/^[^#\r\n]*/.exec(lineAt(text, start))?.[0] ?? "").trimEnd();
}

/** From here to the end of the line, line end included. */
function lineAt(text: string, at: number): string {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.slice(at) : text.slice(at, end + 1);
}

function rewrite(piece: Piece, changes: ReadonlyMap<string, string | null>, facts: ErrorFacts): string[] {
  const wanted = piece.name === undefined ? undefined : changes.get(piece.name);
  if (wanted === null) return [];
  const same = wanted === undefined || reads(piece.raw, wanted);
  const raw = same ? piece.raw : render(piece.name ?? "", wanted, piece.raw, facts);
  return [piece.head + raw + piece.tail];
}

/** Bare only where no shell, loader or human could take it for something else. */
const BARE = /^[A-Za-z0-9_./:@%+,=-]+$/;

/**
 * The value as text, in the quotes that stood there before where they can hold it. Single quotes come first: nothing in them is ever
 * expanded. Backquotes, which a shell would run, are for values that hold both other quotes or would be expanded in double ones.
 */
function render(name: string, value: string, before: string, facts: ErrorFacts): string {
  const quoted = (quote: string) => (value.includes(quote) ? [] : [quote + value + quote]);
  const kept = QUOTES.includes(before[0] ?? "") ? quoted(before[0] ?? "") : [];
  const bare = kept.length === 0 && BARE.test(value) ? [value] : [];
  const harmless = /[$`\\]/.test(value) ? [] : quoted('"');
  const forms = [...kept, ...bare, ...quoted("'"), ...harmless, ...quoted("`"), ...quoted('"')];
  const form = forms.find((raw) => reads(raw, value));
  if (form === undefined) throw valueRefused(name, facts);
  return form;
}

function reads(raw: string, value: string): boolean {
  return readers.every((read) => read(`K=${raw}\n`).get("K") === value);
}

type Reader = (text: string) => Map<string, string>;

/** npm's `dotenv`: its published grammar, written so that blank lines cost no second look. */
const LINE =
  /^[^\S\n]*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm;

const readers: readonly [Reader, Reader] = [
  (text) =>
    new Map(Object.entries(parseEnv(text)).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  (text) => {
    const values = new Map<string, string>();
    for (const [, name, raw] of text.replace(/\r\n?/gm, "\n").matchAll(LINE)) {
      const trimmed = (raw ?? "").trim();
      const bare = trimmed.replace(/^(['"`])([\s\S]*)\1$/gm, "$2");
      values.set(name ?? "", trimmed.startsWith('"') ? bare.replace(/\\n/g, "\n").replace(/\\r/g, "\r") : bare);
    }
    return values;
  },
];

function isExactly(
  before: Map<string, string>,
  changes: ReadonlyMap<string, string | null>,
  after: Map<string, string>,
): boolean {
  const wanted = new Map(before);
  for (const [name, value] of changes) {
    if (value === null) wanted.delete(name);
    else wanted.set(name, value);
  }
  return wanted.size === after.size && [...wanted].every(([name, value]) => after.get(name) === value);
}

function nameRefused(name: string, facts: ErrorFacts): Terminal {
  const shown = /^[\x20-\x7e]{1,64}$/.test(name) ? `The key name \`${name}\`` : "A key name";
  return new Terminal(
    {
      reason: "KeyNameInvalid",
      message: `${shown} is none that a dotenv file can hold.`,
      remedy: "Use letters, digits, `_`, `-` and `.` in the consumer's `keys[].name`.",
    },
    facts,
  );
}

function valueRefused(name: string, facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "ValueNotRepresentable",
      message: `The value for \`${name}\` has characters that no quoting in a dotenv file keeps for every reader.`,
      remedy: "Use format `json` for this consumer, or an issuer whose values are plain text on one line.",
    },
    facts,
  );
}

function notUnderstood(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "FileNotUnderstood",
      message:
        "The file has lines that dotenv readers disagree about, so that no edit of it is safe; nothing was written.",
      remedy: "Look for an unclosed quote or text after a closing quote, and correct the file.",
    },
    facts,
  );
}
