import picomatch from "picomatch";

/** True when one of the globs matches the whole text. `*` stops at a slash, `**` does not. */
export function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => picomatch.isMatch(text, glob, { dot: true, nonegate: true, noextglob: true }));
}
