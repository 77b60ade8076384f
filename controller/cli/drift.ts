import type { CommandContext, ExitCode } from "./command.ts";
import type { DriftEntry } from "./drift-report.ts";
import { driftDetailLines, driftListLines } from "./drift-text.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { namedBy } from "./names.ts";
import { printable } from "./output.ts";
import { present } from "./present.ts";
import type { Reading, ReadFilter } from "./reading.ts";
import { yamlText } from "./yaml.ts";

export interface DriftOptions {
  readonly namespace?: string;
  /** On a cluster: not only the context's. */
  readonly allNamespaces?: boolean;
  /** Only those that differ. */
  readonly drifted?: boolean;
  readonly output?: "json" | "yaml";
}

/** `velvet drift`: what differs from what the ledger says, or one Credential in detail. */
export async function driftCommand(
  { out, clock }: CommandContext,
  credential: string | undefined,
  options: DriftOptions,
  reading: Reading,
): Promise<ExitCode> {
  const found = await reading.drift(filterOf(credential, options));
  if (credential !== undefined && found.length === 0) throw unwatched(reading, credential);
  const entries = found.filter((entry) => options.drifted !== true || entry.drifted === "True");
  if (options.output === "json") out.json({ credentials: entries });
  else if (options.output === "yaml") out.raw(await yamlText({ credentials: entries }));
  else linesOf(entries, credential, clock.now(), out.colours).forEach((line) => out.line(line));
  return 0;
}

function filterOf(text: string | undefined, { namespace, allNamespaces }: DriftOptions): ReadFilter {
  const everywhere = allNamespaces === true;
  if (everywhere && (namespace !== undefined || text?.includes("/") === true)) {
    throw misuse("--all-namespaces and one namespace cannot both be meant.", "Leave one of them out.");
  }
  const named = text === undefined ? present({ namespace }) : namedBy(text, namespace);
  return { ...named, ...(everywhere ? { everywhere } : {}) };
}

function linesOf(
  entries: readonly DriftEntry[],
  credential: string | undefined,
  now: Date,
  colours: CommandContext["out"]["colours"],
): string[] {
  if (credential === undefined) return driftListLines(entries, now, colours);
  return entries.flatMap((entry, index) => [...(index === 0 ? [] : [""]), ...driftDetailLines(entry, now, colours)]);
}

function unwatched({ name }: Reading, credential: string): CommandFailure {
  return new CommandFailure({
    happened: `${name} has no Credential ${printable(credential)} that is watched.`,
    stillFine: "Nothing was changed.",
    next: "See all with `velvet drift`. A Credential is watched from its first rotation on.",
  });
}
