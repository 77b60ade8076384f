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
  const ordered = problems
    .map((problem) => ({
      path: bounded(problem.path, PATH_BYTES),
      line: problem.line,
      col: problem.column,
      code: bounded(problem.code, CODE_BYTES),
      message: bounded(withSuggestion(problem), MESSAGE_BYTES),
    }))
    .sort((a, b) => compareText(a.path, b.path) || a.line - b.line || a.col - b.col);
  if (ordered.length <= MOST_ROWS) return ordered;
  const left = ordered.length - MOST_ROWS + 1;
  const more = { path: "", line: 0, col: 0, code: "MoreProblems", message: `${left} more problems are not listed.` };
  return [more, ...ordered.slice(0, MOST_ROWS - 1)];
}

function withSuggestion(problem: Problem): string {
  return problem.suggestion === undefined ? problem.message : `${problem.message} Did you mean ${problem.suggestion}?`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Text that Postgres takes, of at most so many bytes of UTF-8. */
function bounded(text: string, bytes: number): string {
  const clean = text.toWellFormed().replaceAll("\0", "\ufffd");
  if (Buffer.byteLength(clean) <= bytes) return clean;
  let length = bytes - 3;
  while (Buffer.byteLength(clean.slice(0, length)) > bytes - 3) length -= 1;
  return `${clean.slice(0, length).toWellFormed()}…`;
}
