/** One deliberate mistake in the text of a source file. Pure: the hook, the tests and the layer agree on it. */

export interface Edit {
  /** From the project's root: `controller/engine/stages/mint.ts`, `controller/ledger/queries/record.sql`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly search: string;
  readonly replace: string;
}

/** Throws where the text to replace is not there exactly once: a mutant that changes nothing proves nothing. */
export function applied(text: string, { file, search, replace }: Edit): string {
  const times = text.split(search).length - 1;
  if (times !== 1) throw new Error(`mutant: ${file} holds this ${times} times instead of once: ${search}`);
  return text.replace(search, () => replace);
}
