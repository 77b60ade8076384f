import type { ErrorFacts } from "../errors.ts";

/** How keys stand in a file. Pure: text in, text out. Values are in the clear here and nowhere else in this adapter. */
export interface Format {
  /** Every key with its value. Throws `Terminal` `FileNotUnderstood`. */
  read(text: string, facts: ErrorFacts): ReadonlyMap<string, string>;
  /**
   * The text with these keys set, or removed where null, and nothing else changed; the same text where it already holds them. Throws
   * `Terminal` for a file that it does not understand and for names and values that the format cannot hold. An empty text is an
   * empty file.
   */
  edit(text: string, changes: ReadonlyMap<string, string | null>, facts: ErrorFacts): string;
}
