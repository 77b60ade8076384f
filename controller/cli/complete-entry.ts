/** Prints what kubectl reads: a line for each suggestion, described behind a tab, and at the end what a shell may add by itself. */
import { complete } from "./complete.ts";
import { commandTree } from "./completion.ts";
import { openOutput, printable } from "./output.ts";
import { velvetProgram, type ProcessFrame } from "./program.ts";

/** Of cobra, which kubectl is made with: add nothing, or names of files. */
const NO_FILES = ":4";
const FILES = ":0";
const NO_COLOUR = "1";

/** `words` are those behind `kubectl velvet`, the last one half-typed. Never rejects. */
export async function completeVelvet(
  words: readonly string[],
  { env, stdout, stderr }: Pick<ProcessFrame, "env" | "stdout" | "stderr">,
): Promise<void> {
  const program = velvetProgram(openOutput({ stdout, stderr, noColour: NO_COLOUR }), async () => undefined);
  const { suggestions, files } = await complete(commandTree(program), words, async (wanted) =>
    (await import("./cluster/names.ts")).namesOnCluster({ env }, wanted),
  );
  const lines = suggestions.map(({ value, description = "" }) =>
    description === "" ? printable(value) : `${printable(value)}\t${printable(description)}`,
  );
  stdout.write(`${[...lines, files ? FILES : NO_FILES].join("\n")}\n`);
}
