/** I1: at every instant, for every required consumer, the vendor accepts what the consumer holds. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import { isCutOff, revocationsOf, targetsOf } from "./revoked.ts";

/** What people did by hand at the vendor, past Velvet. */
const BY_HAND = ["vendor.revoke", "vendor.plant"];

export function zeroDowntime(evidence: Evidence): Violation[] {
  const { fake, ledger, exceptions = [] } = evidence;
  if (fake.setup.strategy === "Replace") return [];
  const skipped = new Set(ledger.consumers.flatMap(({ id, facts }) => (facts.skipped ? [id] : [])));
  const unexplained = fake.outages.filter(({ consumer, deed, at }) => {
    // A person said with a ticket that this one may stay behind.
    if (skipped.has(consumer) || BY_HAND.some((hand) => deed.startsWith(hand))) return false;
    if (endedAfterAll(evidence, consumer, at, deed) || isCutOff(ledger, at)) return false;
    return !exceptions.some(
      (each) =>
        (each.consumer ?? consumer) === consumer &&
        (each.at ?? at) === at &&
        deed.startsWith(each.deed ?? "") &&
        each.because.trim() !== "",
    );
  });
  return unexplained.map(({ consumer, at, deed }) => ({
    invariant: "I1",
    message: `${consumer} had no accepted credential from ${new Date(at).toISOString()}, after ${deed}`,
  }));
}

/** A vendor that ends all credentials after a while ended the current one when no rotation ran: somebody had to ask for the next one. */
function endedAfterAll({ fake, ledger }: Evidence, consumer: string, at: number, deed: string): boolean {
  if (fake.setup.endsByItselfMs === undefined || !deed.startsWith("vendor.ended")) return false;
  const running = ledger.rotations.some(
    ({ created_at, ended_at }) => Date.parse(created_at) <= at && (ended_at === null || Date.parse(ended_at) > at),
  );
  const held = fake.heldBy(consumer);
  // Where nothing was ever rotated in earnest it is still the one from before; a Revocation may have ended it as well since then.
  const current = ledger.credentials[0]?.current_id ?? fake.originalId;
  return !running && held !== undefined && (held === current || isTarget(ledger, held));
}

function isTarget(ledger: Evidence["ledger"], id: string): boolean {
  return revocationsOf(ledger).some((revocation) => targetsOf(revocation).includes(id));
}
