import { stripVTControlCharacters } from "node:util";
import colours from "picocolors";

/** Where text goes: `process.stdout` fits. */
export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Colours = ReturnType<typeof colours.createColors>;

/** What a command writes with. Results go to stdout; what a person should know beside them goes to stderr. */
export interface Output {
  /** True where stdout is a terminal, so that lines can be replaced in place. */
  readonly live: boolean;
  readonly colours: Colours;
  line(text?: string): void;
  note(text: string): void;
  json(value: unknown): void;
  /** Exactly this text, for manifests. */
  raw(text: string): void;
  /** Replaces the lines of the block before, in a terminal; writes them below, elsewhere. */
  block(lines: readonly string[]): void;
  /** The next block starts below what stands there now. */
  endBlock(): void;
}

export interface OutputOptions {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** `NO_COLOR` as it stands in the environment; any value but the empty one means: no colours. */
  readonly noColour: string | undefined;
}

export function openOutput({ stdout, stderr, noColour }: OutputOptions): Output {
  const live = stdout.isTTY === true;
  const palette = colours.createColors(live && (noColour ?? "") === "");
  let drawn = 0;
  const line = (text = ""): void => void stdout.write(`${text}\n`);
  return {
    live,
    colours: palette,
    line,
    note: (text) => void stderr.write(`${text}\n`),
    json: (value) => line(JSON.stringify(value, undefined, 2)),
    raw: (text) => void stdout.write(text),
    block: (lines) => {
      if (!live) return lines.forEach((each) => line(each));
      // A terminal that does not know its width says 0.
      const width = stdout.columns || 80;
      const up = drawn === 0 ? "" : `\x1b[${drawn}A`;
      stdout.write(`${up}\x1b[J${lines.map((each) => `${cut(each, width)}\n`).join("")}`);
      drawn = lines.length;
    },
    endBlock: () => {
      drawn = 0;
    },
  };
}

/** Text from a manifest or a vendor, made fit for one line of a terminal: no escape sequences, no line breaks. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, " ");
}

/** Columns as wide as their widest cell, two spaces apart; colours do not count. The last column is not padded. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => visible(row[column] ?? ""))));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - visible(cell)),
      )
      .join("  ")
      .trimEnd(),
  );
}

function visible(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Cuts a line to the terminal's width, so that it stays one line; a coloured line loses its colours when it is cut. */
function cut(text: string, width: number): string {
  if (visible(text) <= width) return text;
  return `${stripVTControlCharacters(text).slice(0, Math.max(0, width - 1))}…`;
}
