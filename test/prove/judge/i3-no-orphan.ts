/** I3: everything of ours at the vendor is the current one, or named by an open attempt, a retired id or a tombstone. At every instant. */
import type { Violation } from "../api.ts";
import type { Born } from "../vendor/fake.ts";
import type { Evidence } from "./evidence.ts";
import { attemptOf, isCurrent, isInWork, retiredAs, tombstoneOf } from "./owners.ts";

export function noOrphan(evidence: Evidence): Violation[] {
  const { fake, ledger } = evidence;
  const orphans = fake
    .keys()
    .filter((key) => key.ours)
    .filter((key) => !isCurrent(ledger, key.id) && !isInWork(ledger, key))
    .filter((key) => retiredAs(ledger, key.id) === undefined && tombstoneOf(ledger, key) === undefined);
  return [...orphans, ...orphansUntilTheirEnd(evidence)].map((key) => {
    const attempt = attemptOf(ledger, key);
    const known = attempt ? `its attempt ${attempt.id} is ${attempt.state}` : "the ledger knows no attempt of it";
    const when = "endedByItselfAt" in key ? "was at the vendor until it ended by itself" : "is at the vendor";
    return { invariant: "I3", message: `${key.id} ${when} and nobody's: ${known}` };
  });
}

/**
 * What the vendor has ended by itself is gone when a story is over, but somebody had to answer for it until then: by a tombstone, which
 * stays, or a retired id that was not said to be destroyed before.
 */
function orphansUntilTheirEnd({ fake, ledger }: Evidence): Born[] {
  return fake.ever().filter((key) => {
    const { id, ours, endedByItselfAt } = key;
    if (!ours || endedByItselfAt === undefined) return false;
    if (isCurrent(ledger, id) || isInWork(ledger, key)) return false;
    const attempt = attemptOf(ledger, key);
    if (ledger.tombstones.some((stone) => stone.attempt === attempt?.id)) return false;
    return !ledger.retired.some(
      ({ vendor_id, state, changed_at }) =>
        vendor_id === id && (state !== "destroyed" || Date.parse(changed_at) >= endedByItselfAt),
    );
  });
}
