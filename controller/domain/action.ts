import type { Step } from "./assisted.ts";
import type { Need, NeedKind } from "./need.ts";
import type { TargetId } from "./revocation.ts";
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
  /** A person does at the vendor what no API does: ask them, look whether they have. */
  | { readonly do: "assist"; readonly deed: Assist }
  /** Somebody has not answered, or has. */
  | { readonly do: "person"; readonly deed: PersonDeed }
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
  | { readonly do: "revocation"; readonly step: RevocationStep }
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

/** The single next step of the flow Revocation. */
export type RevocationStep =
  /** Fix the list of what is ended, and read the old value if that is quick. */
  | { readonly do: "fix-targets" }
  /** Nothing of the list is for Velvet itself to end. */
  | { readonly do: "begin" }
  | { readonly do: "end-target"; readonly target: TargetId }
  /** Acceptors are the only ones who know the value, and lose it. */
  | { readonly do: "drop-value"; readonly ids: readonly string[] }
  | { readonly do: "prove-lock-out"; readonly ids: readonly string[] }
  | { readonly do: "finish" }
  /** A person said no, or nobody said yes in time, before anything was ended. */
  | { readonly do: "abandon" };

/** `until` absent: only something from outside leads on. */
export interface Wait {
  readonly do: "wait";
  readonly for: string;
  readonly until?: Instant | undefined;
}

export type Assist =
  | { readonly act: "ask-value" }
  /** A last look at every consumer, then ask a person to end the old one. */
  | { readonly act: "ask-revoke"; readonly id: string | undefined }
  /** Has the person done it? */
  | { readonly act: "look"; readonly step: Step };

/** Nothing is done to the credential: somebody is told, or what was told is over. */
export type PersonDeed =
  | { readonly act: "remind" | "escalate"; readonly need: Need }
  | { readonly act: "answered"; readonly kinds: readonly Exclude<NeedKind, Step>[] };
