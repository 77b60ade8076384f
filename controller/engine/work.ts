/** One claimed rotation, pass after pass, until it waits or ends. */
import type { Claim } from "../ledger/claims.ts";
import { Fenced } from "../ledger/record.ts";
import type { WorkResult } from "../metrics/meter.ts";
import { type Deps, within } from "./deps.ts";
import { Journal } from "./journal.ts";
import type { NextLook } from "./reconcile.ts";
import { reconcile } from "./reconcile.ts";

export interface Signals {
  /** The claim is gone: calls are given up. */
  readonly lost: AbortSignal;
  /** Velvet stops: the step that runs is finished, and nothing new begun. */
  readonly stopping: AbortSignal;
}

/** Returns when it is due again, as far as that is known: milliseconds from now. Never throws. */
export async function work(deps: Deps, claim: Claim, signals: Signals): Promise<number | undefined> {
  const begunAt = deps.clock.monotonicMs();
  deps.meter?.workBegun();
  const { result, dueMs } = await within(deps, { rotation: claim.id }, async () => turn(deps, claim, signals));
  deps.meter?.workEnded(result, deps.clock.monotonicMs() - begunAt);
  return dueMs;
}

interface Turn {
  readonly result: WorkResult;
  readonly dueMs?: number;
}

async function turn(deps: Deps, claim: Claim, signals: Signals): Promise<Turn> {
  const journal = new Journal(deps, claim);
  try {
    const look = await passes(deps, journal, signals);
    if (look.next !== "wait") {
      deps.meter?.rotationEnded(journal.snapshot?.request.spec.flow ?? "", journal.live.state);
      return { result: "success" };
    }
    await journal.release({ wakes: look.wakes, ...(look.until === undefined ? {} : { until: look.until }) });
    if (look.until === undefined) return { result: "success" };
    return { result: "requeue_after", dueMs: Date.parse(look.until) - Date.parse(journal.now()) };
  } catch (error) {
    report(deps, claim, error);
    return { result: "error" };
  }
}

async function passes(deps: Deps, journal: Journal, { lost, stopping }: Signals): Promise<NextLook> {
  for (;;) {
    const look = await reconcile({ deps, journal, signal: lost, stopping });
    if (look.next === "again" && stopping.aborted) return { next: "wait", wakes: UNSEEN };
    if (look.next !== "again") return look;
  }
}

/** Never equal to what the ledger counts: released like this, a rotation is due at once. */
const UNSEEN = -1;

/** The claim is left to its lease: whoever takes it over looks again. */
function report(deps: Deps, claim: Claim, error: unknown): void {
  if (error instanceof Fenced) {
    deps.log.warn({ rotation: claim.id }, "another replica holds this rotation now");
    return;
  }
  const name = error instanceof Error ? error.name : typeof error;
  const message = error instanceof Error ? error.message : "";
  deps.log.error(
    { rotation: claim.id, error: name },
    `a pass broke off, and is tried again when its lease is over: ${message}`,
  );
}
