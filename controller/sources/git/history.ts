import type { Git } from "./command.ts";
import { HERE_MS } from "./cache.ts";

/** The commit that last touched a file, on the first-parent line: with merged pull requests, the merge. */
export interface Change {
  readonly commit: string;
  readonly author: string;
  readonly committer: string;
}

const FORMAT = "%x01%H%n%x02%an <%ae>%n%x03%cn <%ce>";

/**
 * The last change of each path in `since..head`, or in the whole history. Needs commits and trees only. Paths that git would quote
 * are left out; manifests may not have such names.
 */
export async function lastChanges(
  git: Git,
  range: { readonly since?: string; readonly head: string; readonly roots: readonly string[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Change>> {
  const span = range.since === undefined ? range.head : `${range.since}..${range.head}`;
  const args = [
    "log",
    "--first-parent",
    "--diff-merges=first-parent",
    "--root",
    "--no-renames",
    "--name-only",
    `--format=${FORMAT}`,
  ];
  const listing = await git.here([...args, "--end-of-options", span, "--", ...range.roots], {
    signal,
    timeoutMs: HERE_MS,
  });
  return parseChanges(listing);
}

/** Parses the log, newest first: the first mention of a path wins. Pure. */
export function parseChanges(listing: string): ReadonlyMap<string, Change> {
  const changes = new Map<string, Change>();
  let current: Change = { commit: "", author: "", committer: "" };
  for (const line of listing.split("\n")) {
    // Paths with control characters come quoted, so that no path can look like one of these lines.
    if (line.startsWith("\x01")) current = { commit: line.slice(1), author: "", committer: "" };
    else if (line.startsWith("\x02")) current = { ...current, author: person(line) };
    else if (line.startsWith("\x03")) current = { ...current, committer: person(line) };
    else if (line !== "" && !line.startsWith('"') && !changes.has(line)) changes.set(line, current);
  }
  return changes;
}

function person(line: string): string {
  return line
    .slice(1)
    .replaceAll(/\p{Cc}/gu, "")
    .slice(0, 320);
}
