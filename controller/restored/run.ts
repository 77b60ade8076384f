/** While a restored ledger is held, one replica looks at every Credential, again and again, so that the report is there and stays true. */
import { isAdapterError } from "../../adapters/errors.ts";
import type { Subject } from "../domain/restored/subject.ts";
import { type Truth, truthOf, unseenTruth } from "../domain/restored/truth.ts";
import type { Deps } from "../engine/deps.ts";
import { Loop } from "../engine/loop.ts";
import { claimLease, releaseLease } from "../ledger/lease.ts";
import { forgetRestored, heldSince, recordRestored, restoredSubjects } from "../ledger/restored.ts";
import { snapshotOf } from "./ask.ts";
import { lookAt } from "./look.ts";

export interface RunningReport {
  /** Waits for the looks that run, and closes the accounts. */
  stop(): Promise<void>;
}

/** How old a look may be until it is made again. */
const FRESH_MS = 60_000;
/** Nothing else is done meanwhile; accounts have budgets of their own. */
const BATCH = 32;
const LEASE = "restored";

/** `pollMs`: how often to ask whether anything is held. */
export function startReport(deps: Deps, pollMs: number): RunningReport {
  const stopping = new AbortController();
  let wasHeld = true;
  const loop = new Loop(pollMs, async () => {
    try {
      const looked = await reportOn(deps, stopping.signal);
      if (looked === undefined && wasHeld) await forgetRestored(deps.db);
      wasHeld = looked !== undefined;
      return (looked ?? 0) > 0;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      deps.log.error({ error: message }, "the ledger did not answer; no report is made meanwhile");
      return false;
    }
  });
  return {
    stop: async () => {
      stopping.abort();
      await loop.stop();
      await deps.accounts.close();
    },
  };
}

/** Looks at what was not looked at lately, on one replica at a time. Returns how many that were; undefined where nothing is held. */
export async function reportOn(deps: Deps, signal: AbortSignal): Promise<number | undefined> {
  const since = await heldSince(deps.db, FRESH_MS);
  if (since === undefined) return undefined;
  const lease = await claimLease(deps.db, {
    name: LEASE,
    claim: deps.uuid(),
    owner: deps.replica,
    ttlMs: deps.leaseMs,
  });
  if (lease === undefined) return 0;
  try {
    const due = await restoredSubjects(deps.db, since, BATCH);
    await Promise.all(due.map(async (subject) => tell(deps, subject, signal)));
    return due.length;
  } finally {
    await releaseLease(deps.db, lease);
  }
}

/** Also for a report without a controller. Throws the database's errors. */
export async function truthAbout(deps: Deps, subject: Subject, signal: AbortSignal): Promise<Truth> {
  const sight = await lookAt(deps, subject, signal);
  if ("unseen" in sight) return unseenTruth(subject, sight);
  const traits = deps.accounts.issuerTraits(snapshotOf(subject));
  return truthOf({ subject, sight, traits, install: deps.install });
}

/** One that breaks off is looked at again, and hides no other. */
async function tell(deps: Deps, subject: Subject, signal: AbortSignal): Promise<void> {
  const truth = await truthAbout(deps, subject, AbortSignal.any([signal, deps.timeout(deps.leaseMs)])).catch(
    (error: unknown) => broken(deps, subject, error),
  );
  if (!signal.aborted) await recordRestored(deps.db, subject, truth);
}

function broken({ log }: Deps, subject: Subject, error: unknown): Truth {
  if (isAdapterError(error)) return unseenTruth(subject, { unseen: `${error.reason}: ${error.message}` });
  const name = error instanceof Error ? error.name : typeof error;
  log.error({ credential: `${subject.namespace}/${subject.name}`, error: name }, "a look broke off, and is made again");
  return unseenTruth(subject, { unseen: `it broke off (${name}).` });
}
