/** Between rotations: answers what people decided about drift, then looks at what is due. */
import { answerAboutDrift } from "../domain/drift/decide.ts";
import { claimChecks } from "../ledger/drift.ts";
import { answerDrift, driftDecisions } from "../ledger/drift-decisions.ts";
import { checkCredential } from "./check.ts";
import { within } from "../engine/deps.ts";
import type { DriftDeps } from "./pass.ts";

/** Few at once: rotations need the connections more, and other replicas look as well. */
const BATCH = 4;
const MOST_DECISIONS = 16;

/** One look at all that is due now. Returns how much there was. Any number of replicas may do this at once. */
export async function tendDrift(deps: DriftDeps): Promise<number> {
  const decisions = await driftDecisions(deps.db, MOST_DECISIONS, deps.mayCorrect());
  for (const decision of decisions) {
    const by = { at: deps.clock.now().toISOString(), random: deps.random };
    await answerDrift(deps.db, decision, answerAboutDrift(decision), by);
  }
  const due = await claimChecks(deps.db, BATCH, deps.leaseMs);
  // One that breaks off is taken over when its lease is over, and hides no other.
  await Promise.all(
    due.map(async (claim) => {
      const credential = `${claim.namespace}/${claim.name}`;
      const look = async (): Promise<void> => checkCredential(deps, claim);
      return within(deps, { credential }, look).catch((error: unknown) => broke(deps, claim, error));
    }),
  );
  return decisions.length + due.length;
}

function broke({ log }: DriftDeps, { namespace, name }: { namespace: string; name: string }, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  log.error({ credential: `${namespace}/${name}`, error: message }, "a look broke off, and is made again later");
}
