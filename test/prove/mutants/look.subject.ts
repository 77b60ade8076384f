/** What the tests of the hook change. */
export function one(): number {
  return 1;
}
