/** I3: everything of ours at the vendor is the current one, or named by an open attempt, a retired id or a tombstone. At every instant. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import { attemptOf, isCurrent, isInWork, retiredAs, tombstoneOf } from "./owners.ts";

export function noOrphan({ fake, ledger }: Evidence): Violation[] {
  const orphans = fake
    .keys()
    .filter((key) => key.ours)
    .filter((key) => !isCurrent(ledger, key.id) && !isInWork(ledger, key))
    .filter((key) => retiredAs(ledger, key.id) === undefined && tombstoneOf(ledger, key) === undefined);
  return orphans.map((key) => {
    const attempt = attemptOf(ledger, key);
    const known = attempt ? `its attempt ${attempt.id} is ${attempt.state}` : "the ledger knows no attempt of it";
    return { invariant: "I3", message: `${key.id} is at the vendor and nobody's: ${known}` };
  });
}
