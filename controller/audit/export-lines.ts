/** One line of an exported record, read strictly: a file comes from anywhere. */
import type { Line } from "./export-format.ts";
import { FORMAT } from "./export-format.ts";

export type ExportLine = Line;

/** The file is no exported record, or not a whole one. */
export class UnreadableExport extends Error {
  override readonly name = "UnreadableExport";
}

/** Larger than any audit row. */
const LONGEST = 16 << 20;

/** Lines of a stream of text, none of them longer than any line of a record. Throws `UnreadableExport`. */
export async function* linesIn(stream: AsyncIterable<unknown>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream) {
    const [first = "", ...others] = String(chunk).split("\n");
    rest += first;
    for (const next of others) {
      yield rest;
      rest = next;
    }
    if (rest.length > LONGEST) throw new UnreadableExport("a line is longer than any line of a record");
  }
  if (rest !== "") yield rest;
}

type Found = Readonly<Record<string, unknown>>;

/** Throws `UnreadableExport`, with the line's number. */
export function lineOf(text: string, number: number): ExportLine {
  const found = parsed(text);
  if (found === undefined || !SHAPES.some((shape) => shape(found)))
    throw new UnreadableExport(`line ${number} is no line of a record`);
  return found as unknown as ExportLine;
}

function parsed(text: string): Found | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return isMembers(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

const isMembers = (value: unknown): value is Found =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isMaybeText = (value: unknown): boolean => value === undefined || isText(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isEnd = (value: unknown): boolean => isMembers(value) && isCount(value["seq"]) && isText(value["hash"]);

const SHAPES: readonly ((line: Found) => boolean)[] = [
  ({ audit, install, at, key, since, until }) =>
    audit === FORMAT && isText(install) && isText(at) && [key, since, until].every(isMaybeText),
  ({ actor }) => isMembers(actor) && isText(actor["id"]) && isMaybeText(actor["salt"]) && isMaybeText(actor["name"]),
  ({ chain, head, after }) =>
    isText(chain) && (head === undefined || head === null || isEnd(head)) && (after === undefined || isEnd(after)),
  ({ seal, row, hash }) => isCount(seal) && isCount(row) && isText(hash),
  ({ row, canonical, base64, hash, words }) =>
    isCount(row) && isText(hash) && (isText(canonical) || isText(base64)) && (words === undefined || areWords(words)),
  ({ checkpoint, canonical, signature }) => isCount(checkpoint) && isText(canonical) && isText(signature),
  ({ end }) => isMembers(end) && isCount(end["lines"]) && isText(end["sha256"]),
];

function areWords(words: unknown): boolean {
  if (!Array.isArray(words)) return false;
  return words.every(
    (each: unknown) =>
      isMembers(each) && isText(each["field"]) && isMaybeText(each["salt"]) && isMaybeText(each["text"]),
  );
}
