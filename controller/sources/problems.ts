import type { Problem } from "./look.ts";

/** A row of `velvet.source_problem`. All its columns are its key, and an index entry of Postgres ends at 2,704 bytes. */
export interface ProblemRow {
  readonly path: string;
  readonly line: number;
  readonly col: number;
  readonly code: string;
  readonly message: string;
}

const MOST_ROWS = 1_000;
const PATH_BYTES = 600;
const CODE_BYTES = 64;
const MESSAGE_BYTES = 1_500;

/** Problems as rows: bounded in number and length, in the order of path and line. Pure. */
export function problemRows(problems: readonly Problem[]): readonly ProblemRow[] {
  const ordered = problems.toSorted((a, b) => compareText(a.path, b.path) || a.line - b.line || a.column - b.column);
  if (ordered.length <= MOST_ROWS) return ordered.map(rowOf);
  const left = ordered.length - MOST_ROWS + 1;
  const more = { path: "", line: 0, col: 0, code: "MoreProblems", message: `${left} more problems are not listed.` };
  return [more, ...ordered.slice(0, MOST_ROWS - 1).map(rowOf)];
}

function rowOf(problem: Problem): ProblemRow {
  return {
    path: bounded(problem.path, PATH_BYTES),
    line: problem.line,
    col: problem.column,
    code: bounded(problem.code, CODE_BYTES),
    message: bounded(withSuggestion(problem), MESSAGE_BYTES),
  };
}

function withSuggestion(problem: Problem): string {
  return problem.suggestion === undefined ? problem.message : `${problem.message}; ${problem.suggestion}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Text that Postgres takes, of at most so many bytes of UTF-8. */
function bounded(text: string, bytes: number): string {
  const encoded = Buffer.from(
    text
      .slice(0, bytes + 1)
      .toWellFormed()
      .replaceAll("\0", "\ufffd"),
  );
  if (encoded.length <= bytes) return encoded.toString("utf8");
  let end = bytes - 3;
  // Never within a character: its later bytes begin with the bits 10.
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${encoded.toString("utf8", 0, end)}…`;
}
