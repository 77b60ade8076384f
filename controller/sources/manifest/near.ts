import { closest, distance } from "fastest-levenshtein";

/** The candidate that was probably meant, or nothing where none is near. Case does not count. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || word.length > 128) return undefined;
  const byLower = new Map(candidates.map((candidate) => [candidate.toLowerCase(), candidate]));
  const lower = word.toLowerCase();
  const found = closest(lower, [...byLower.keys()]);
  const allowed = Math.max(1, Math.floor(Math.min(lower.length, found.length) / 3));
  return distance(lower, found) <= allowed ? byLower.get(found) : undefined;
}

export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const found = nearest(word, candidates);
  return found === undefined ? undefined : `did you mean ${found}?`;
}
