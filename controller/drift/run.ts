/** The loop that looks between rotations, of one replica. */
import { Loop } from "../engine/loop.ts";
import { Lookout } from "./lookout.ts";
import type { DriftDeps } from "./pass.ts";

export interface RunningDrift {
  /** Something arrived: look now. */
  wake(): void;
  /** Waits for the looks that run, and closes the accounts. */
  stop(): Promise<void>;
}

/** `pollMs`: how often to look when nothing was heard. */
export function startDrift(without: Omit<DriftDeps, "stopping">, pollMs: number): RunningDrift {
  const stopping = new AbortController();
  const deps: DriftDeps = { ...without, stopping: stopping.signal };
  const lookout = new Lookout(deps);
  const loop = new Loop(pollMs, async () => {
    try {
      return (await lookout.turn()) > 0;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      deps.log.error({ error: message }, "the ledger did not answer; nothing is looked at meanwhile");
      return false;
    }
  });
  return {
    wake: () => loop.wake(),
    stop: async () => {
      stopping.abort();
      await loop.stop();
      await lookout.idle();
      await deps.accounts.close();
    },
  };
}
