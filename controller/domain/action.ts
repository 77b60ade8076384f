import type { Ruling } from "./ruling.ts";
import type { AttemptRow, DecisionRow, Gate, Instant } from "./world.ts";

/** The single next step for one rotation. */
export type Action =
  /** Answer a person's decision. */
  | { readonly do: "judge"; readonly decision: DecisionRow; readonly ruling: Ruling }
  /** Read the value in use, seal it, probe it, find out whose it is. */
  | { readonly do: "verify" }
  | { readonly do: "open-gate"; readonly gate: Gate; readonly digest: string }
  /** `Replace`: end the old credential before there is a new one. */
  | { readonly do: "end-old"; readonly id: string }
  /** `manual`: ask a person for the new value. */
  | { readonly do: "ask-value" }
  /** Write the intent, then mint once. */
  | { readonly do: "mint"; readonly number: number }
  /** The outcome of a mint is unknown: find it out, by the issuer's mint class. */
  | { readonly do: "resolve"; readonly attempt: AttemptRow }
  /** Probe the new value through the vendor's propagation window. */
  | { readonly do: "verify-new"; readonly attempt: AttemptRow }
  /** `native-grace`: the vendor would end the old value before everybody has the new one. */
  | { readonly do: "move-grace"; readonly attempt: AttemptRow; readonly id: string }
  /** Write, settle and check these, side by side, each as far as it goes. */
  | { readonly do: "distribute"; readonly ids: readonly string[] }
  /** A last look at every consumer and at the old credential, then the point of no return. */
  | { readonly do: "revoke"; readonly id: string | undefined; readonly insist: boolean }
  | { readonly do: "finish" }
  /** Abort: write the old value back to these. */
  | { readonly do: "restore"; readonly ids: readonly string[] }
  | { readonly do: "revoke-new"; readonly attempt: AttemptRow }
  | { readonly do: "finish-abort"; readonly keepNew: boolean }
  /** What only a rehearsal does. */
  | { readonly do: "rehearse"; readonly step: RehearsalStep }
  | Wait;

export type RehearsalStep =
  /** Seal what stands in the test slots, so that it can be put back. */
  | "save-slots"
  /** From now on everything is taken back. */
  | "begin-removal"
  | "end-throwaway"
  /** The vendor does not list or accept the throwaway, and no slot holds it. */
  | "prove-gone"
  | "finish";

/** `until` absent: only something from outside leads on. */
export interface Wait {
  readonly do: "wait";
  readonly for: string;
  readonly until?: Instant | undefined;
}
