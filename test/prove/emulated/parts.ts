/** What an adapter's connection must have. */
export function part<T>(found: T | undefined): T {
  if (found === undefined) throw new Error("the adapter has no such role");
  return found;
}
