/**
 * Whether a version of a resource is older than another one. They are whole numbers that grow, which Kubernetes promises since 1.35;
 * where one is none, nothing is said and the answer is no.
 */
export function isOlder(version: string, than: string): boolean {
  if (![version, than].every((each) => /^\d{1,20}$/.test(each))) return false;
  return BigInt(version) < BigInt(than);
}
