/** All that only looks, beside the rotations: for drift, for what nobody owns, for what a restored ledger has forgotten. */
import { startDrift } from "./drift/run.ts";
import type { Accounts } from "./engine/accounts.ts";
import type { Deps } from "./engine/deps.ts";
import { startReport } from "./restored/run.ts";
import { startSweeps } from "./sweep/run.ts";

export interface RunningLooks {
  /** Something arrived: look now. */
  wake(): void;
  /** Waits for the looks that run, and closes their accounts. */
  stop(): Promise<void>;
}

const DRIFT_POLL_MS = 5_000;
const REPORT_POLL_MS = 1_000;
const SWEEP_POLL_MS = 5_000;

/** `accounts` gives way to those of rotations: each that looks has its own. `mayCorrect`: false: it is only looked and reported, and nothing is
 * left to the reaper. */
export function startLooking(deps: Deps, accounts: () => Accounts, mayCorrect: () => boolean): RunningLooks {
  const drift = startDrift({ ...deps, accounts: accounts(), mayCorrect }, DRIFT_POLL_MS);
  const others = [
    startReport({ ...deps, accounts: accounts() }, REPORT_POLL_MS),
    startSweeps({ ...deps, accounts: accounts() }, mayCorrect, SWEEP_POLL_MS),
  ];
  return {
    wake: () => drift.wake(),
    stop: async () => {
      await Promise.all([drift.stop(), ...others.map(async (other) => other.stop())]);
    },
  };
}
