/** What the engine tells of its work, in passing. Never throws, and never waits. */
export interface Meter {
  /** A call to the outside ended: its label, as `issuer.mint`, and what came of it. */
  effectEnded(label: string, outcome: "done" | "refused" | "unknown", ms: number): void;
  /** A replica's work on one rotation ended, until it is due again or for good. */
  workBegun(): void;
  workEnded(result: WorkResult, ms: number): void;
  /** A person was reminded of what a rotation waits for; `aloud`: the alarm's webhook hears of it too. */
  personReminded(waitsFor: string, aloud: boolean): void;
  rotationEnded(flow: string, state: string): void;
}

/** As controller-runtime has them: done for now, again at a known time, or broken off. */
export type WorkResult = "success" | "requeue_after" | "error";
