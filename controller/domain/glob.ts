import picomatch from "picomatch";

const OPTIONS = { dot: true, nonegate: true, noextglob: true };
const MOST_KEPT = 1_000;
/** Globs stand in few manifests and are asked after at every look. */
const known = new Map<string, (text: string) => boolean>();

/** True when one of the globs matches the whole text. `*` stops at a slash, `**` does not. */
export function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => matcherOf(glob)(text));
}

function matcherOf(glob: string): (text: string) => boolean {
  const found = known.get(glob);
  if (found) return found;
  const matcher = picomatch(glob, OPTIONS);
  if (known.size >= MOST_KEPT) known.clear();
  known.set(glob, matcher);
  return matcher;
}
