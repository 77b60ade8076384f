/** Text to YAML trees with positions, under limits that no file gets around. Knows nothing of Velvet's kinds. */
import {
  Composer,
  type CST,
  type Document,
  isMap,
  isScalar,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type ScalarTag,
} from "yaml";

export const MAX_DOCUMENTS = 200;
export const MAX_DEPTH = 32;
/** Words and marks of one file: what reading it costs. 200 large manifests have fewer. */
export const MAX_LEXEMES = 60_000;

export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export interface Complaint extends Position {
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
}

/** One document, read by YAML 1.2 and by YAML 1.1. */
export interface Tree {
  readonly root: Node;
  readonly root11: Node | null;
  readonly start: Position;
  /** Syntax errors. */
  readonly errors: readonly Complaint[];
  /** Anchors, aliases, tags and directives. */
  readonly marks: readonly Complaint[];
  readonly at: (offset: number) => Position;
}

/** Reads every document of the text. A file over a limit has no trees and one complaint. */
export function readTrees(text: string): {
  readonly trees: readonly Tree[];
  readonly complaints: readonly Complaint[];
} {
  const lines = new LineCounter();
  const tokens = parse(text, lines);
  if (!tokens) return { trees: [], complaints: [tooMuch(`more than ${MAX_LEXEMES} words and marks in one file`)] };
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const scans = tokens.filter((token) => token.type === "document").map((token) => scan(token, at));
  const over = overLimit(scans);
  if (over) return { trees: [], complaints: [over] };

  const documents = compose(tokens, text, "1.2");
  const documents11 = compose(tokens, text, "1.1");
  const complaints: Complaint[] = [];
  const trees: Tree[] = [];
  for (const [index, document] of documents.entries()) {
    const errors = document.errors.map(({ pos, message }) => ({
      ...at(pos[0]),
      code: "InvalidYaml",
      message: plain(message),
    }));
    const root = document.contents;
    if (!isNode(root)) complaints.push(...errors);
    else {
      const marks = [...directiveOf(document, at(0)), ...(scans[index]?.marks ?? [])];
      const root11 = documents11[index]?.contents ?? null;
      trees.push({ root, root11, start: at(startOf(root)), errors, marks, at });
    }
  }
  return { trees, complaints };
}

function compose(tokens: readonly CST.Token[], text: string, version: "1.1" | "1.2"): Document[] {
  const options = {
    version,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
    customTags: withoutTimestamps,
  } as const;
  return [...new Composer(options).compose(tokens, false, text.length)];
}

/** kubectl's YAML 1.1 keeps times as text, unlike other readers of 1.1. */
function withoutTimestamps(tags: (ScalarTag | object | string)[]): never[] {
  return tags.filter(
    (tag) => !(typeof tag === "object" && "tag" in tag && tag.tag === "tag:yaml.org,2002:timestamp"),
  ) as never[];
}

interface Scan {
  readonly offset: Position;
  readonly depth: number;
  readonly marks: readonly Complaint[];
}

const COLLECTIONS: ReadonlySet<unknown> = new Set(["block-map", "block-seq", "flow-collection"]);
const MARKS: ReadonlyMap<unknown, string> = new Map([
  ["anchor", "an anchor"],
  ["alias", "an alias"],
  ["tag", "a tag"],
]);

/** Walks the token tree without recursion: it is as deep as the author of the file likes. */
function scan(token: CST.Document, at: (offset: number) => Position): Scan {
  const marks: Complaint[] = [];
  const todo: { readonly value: object; readonly depth: number }[] = [{ value: token, depth: 0 }];
  let deepest = 0;
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { type, offset }: { type?: unknown; offset?: unknown } = next.value;
    const depth = next.depth + (COLLECTIONS.has(type) ? 1 : 0);
    deepest = Math.max(deepest, depth);
    const mark = MARKS.get(type);
    if (mark !== undefined && typeof offset === "number")
      marks.push({
        ...at(offset),
        code: "YamlFeature",
        message: `${mark} is not allowed in a manifest`,
        suggestion: "write the value out",
      });
    for (const value of Object.values(next.value))
      if (typeof value === "object" && value !== null) todo.push({ value, depth });
  }
  return { offset: at(token.offset), depth: deepest, marks };
}

function overLimit(scans: readonly Scan[]): Complaint | undefined {
  const deep = scans.find((each) => each.depth > MAX_DEPTH);
  if (deep)
    return { ...deep.offset, code: "TooDeep", message: `this document is nested more than ${MAX_DEPTH} levels deep` };
  if (scans.length <= MAX_DOCUMENTS) return undefined;
  return tooMuch(`${scans.length} documents in one file; at most ${MAX_DOCUMENTS} are read`);
}

function tooMuch(message: string): Complaint {
  return { line: 1, column: 1, code: "TooMuch", message, suggestion: "split the file" };
}

/** Stops at the limit, however long the text is. */
function parse(text: string, lines: LineCounter): CST.Token[] | undefined {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_LEXEMES) return undefined;
    tokens.push(...parser.next(lexeme));
  }
  return [...tokens, ...parser.end()];
}

function directiveOf(document: Document, start: Position): Complaint[] {
  const { directives } = document;
  if (directives?.yaml.explicit !== true && Object.keys(directives?.tags ?? {}).length <= 1) return [];
  return [
    {
      ...start,
      code: "YamlFeature",
      message: "a % directive is not allowed in a manifest",
      suggestion: "remove the line",
    },
  ];
}

function isNode(contents: Document["contents"]): contents is Node {
  return contents !== null && !(isScalar(contents) && contents.value === null);
}

export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Without the excerpt of the file that the parser may add. */
function plain(message: string): string {
  return message.split("\n", 1)[0] ?? message;
}

/** The value under a key of a map, whatever else the map holds. */
export function entry(node: unknown, key: string): unknown {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value ?? undefined;
}

export function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === "string" ? node.value : undefined;
}
