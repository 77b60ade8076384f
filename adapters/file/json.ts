import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import type { Format } from "./format.ts";

/**
 * One JSON object; owned keys are its own members, whose names are taken literally (`a.b` is one name, not a path), and their values
 * are strings. It is edited as text, so that indentation, order, and the spelling of foreign numbers stay as they are.
 */
export const json: Format = {
  read: (text, facts) => {
    const values = new Map<string, string>();
    for (const { name, raw } of layoutOf(text, facts).members) values.set(name, textOf(raw));
    return values;
  },
  edit: (text, changes, facts) => {
    const layout = layoutOf(text, facts);
    const there = new Set(layout.members.map((member) => member.name));
    const kept = layout.members.flatMap((member): Member[] => {
      const wanted = changes.get(member.name);
      if (wanted === undefined) return [member];
      if (wanted !== null && isStructure(member.raw)) throw notText(member.name, facts);
      return wanted === null
        ? []
        : [textOf(member.raw) === wanted ? member : { ...member, raw: JSON.stringify(wanted) }];
    });
    const colon = layout.members[0]?.colon ?? ": ";
    const added = [...changes].flatMap(([name, value]): Member[] =>
      value === null || there.has(name)
        ? []
        : [{ name, key: JSON.stringify(name), colon, raw: JSON.stringify(value), gap: layout.gap, trail: "" }],
    );
    const members = [...kept, ...added];
    const untouched = added.length === 0 && members.length === layout.members.length;
    if (untouched && members.every((member, index) => member === layout.members[index])) return text;
    return render(layout, members);
  },
};

interface Member {
  readonly name: string;
  /** The name as it stands, quotes included. */
  readonly key: string;
  readonly colon: string;
  readonly raw: string;
  /** Blanks before it, after the brace or the comma. */
  readonly gap: string;
  /** Blanks after it, before a comma. */
  readonly trail: string;
}

interface Layout {
  /** Up to and with the opening brace. */
  readonly before: string;
  readonly members: readonly Member[];
  /** Blanks before a member that is added. */
  readonly gap: string;
  /** From the blanks before the closing brace on. */
  readonly after: string;
}

function render(layout: Layout, members: readonly Member[]): string {
  const body = members.map(({ gap, key, colon, raw, trail }) => gap + key + colon + raw + trail).join(",");
  const after = members.length === 0 ? layout.after.trimStart() : layout.after;
  return layout.before + body + after;
}

const EMPTY: Layout = { before: "{", members: [], gap: "\n  ", after: "\n}\n" };

/** Walks over text that `JSON.parse` has already accepted as an object, so it need not doubt what it meets. */
function layoutOf(text: string, facts: ErrorFacts): Layout {
  if (text.trim() === "") return EMPTY;
  if (!isObject(text)) throw notUnderstood(facts);
  const open = text.indexOf("{") + 1;
  const members: Member[] = [];
  let at = open;
  for (let start = skip(text, at); text[start] !== "}"; start = skip(text, at)) {
    const keyEnd = stringEnd(text, start);
    const valueStart = skip(text, skip(text, keyEnd) + 1);
    const end = valueEnd(text, valueStart);
    const comma = skip(text, end);
    const next = text[comma] === "," ? comma : end;
    const [key, gap, trail] = [text.slice(start, keyEnd), text.slice(at, start), text.slice(end, next)];
    const [colon, raw] = [text.slice(keyEnd, valueStart), text.slice(valueStart, end)];
    members.push({ name: textOf(key), key, colon, raw, gap, trail });
    at = text[next] === "," ? next + 1 : end;
  }
  const last = members.at(-1);
  if (last === undefined)
    return { before: text.slice(0, open), members, gap: EMPTY.gap, after: `\n${text.slice(skip(text, open))}` };
  return { before: text.slice(0, open), members, gap: last.gap, after: text.slice(at) };
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function skip(text: string, at: number): number {
  let end = at;
  while (/[ \t\r\n]/.test(text[end] ?? "")) end += 1;
  return end;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function valueEnd(text: string, start: number): number {
  let at = start;
  let depth = 0;
  do {
    const char = text[at] ?? "";
    if (char === '"') at = stringEnd(text, at);
    else {
      if ("{[".includes(char)) depth += 1;
      if ("}]".includes(char)) depth -= 1;
      at += 1;
    }
  } while (depth > 0 || !/[,}\]\s]/.test(text[at] ?? ","));
  return at;
}

/** A string's text; anything else as it is spelt. */
function textOf(raw: string): string {
  const value: unknown = JSON.parse(raw);
  return typeof value === "string" ? value : raw;
}

function isStructure(raw: string): boolean {
  return raw.startsWith("{") || raw.startsWith("[");
}

function notText(name: string, facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "KeyNotText",
      message: `The key \`${name}\` holds an object or a list there, which a credential would destroy; nothing was written.`,
      remedy: "Choose another key name, or remove that member by hand.",
    },
    facts,
  );
}

function notUnderstood(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "FileNotUnderstood",
      message: "The file is not one JSON object; nothing was written.",
      remedy: "Correct the file.",
    },
    facts,
  );
}
