/** What the parts of one look share. */
import type { Issuer, IssuerTraits } from "../../adapters/contract.ts";
import { isAdapterError } from "../../adapters/errors.ts";
import type { Cause } from "../domain/backoff.ts";
import type { Snapshot } from "../domain/world.ts";
import type { Deps } from "../engine/deps.ts";
import { call, causeOf, type Outcome } from "../engine/effect.ts";
import type { CheckClaim } from "../ledger/drift.ts";
import type { DriftQuestions } from "../ledger/drift-questions.ts";
import type { Prints } from "./prints.ts";

/** `accounts` gives way to those of rotations. */
export interface DriftDeps extends Deps {
  /** False: it is only looked and reported. */
  readonly mayCorrect: () => boolean;
  /** Aborts when Velvet stops: nothing new is looked at. */
  readonly stopping: AbortSignal;
}

/** One look at one Credential. */
export interface LookPass {
  readonly deps: DriftDeps;
  readonly claim: CheckClaim;
  readonly questions: DriftQuestions;
  readonly prints: Prints;
  readonly snapshot: Snapshot;
  readonly traits: IssuerTraits;
  /** Aborts when there is no time left for this look. */
  readonly signal: AbortSignal;
}

/** As the adapters are opened for a rotation; no request stands behind it. */
export function snapshotOf({ credential, namespace, name, generation, spec, accounts }: CheckClaim): Snapshot {
  const request = { credentialRef: { name }, flow: "Operational", reason: "drift", requestedBy: "velvet" } as const;
  return {
    request: { namespace, name, spec: request },
    credential: { uid: credential, namespace, name, generation, spec },
    accounts,
  };
}

/** One question to the outside. What could not be opened, or came too late, is an outcome like any other. */
export async function ask<T>(
  pass: Pick<LookPass, "deps" | "signal">,
  label: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  if (pass.signal.aborted) return GIVES_WAY;
  const outcome = await call(pass.deps, label, pass.signal, work);
  return outcome.kind !== "done" && pass.signal.aborted ? GIVES_WAY : outcome;
}

/** No time was left, which says nothing of what was to be looked at. */
const GIVES_WAY = {
  kind: "refused",
  cause: { reason: "DriftGivesWay", message: "There was no time left for this look; it is made later." },
} as const satisfies Outcome<never>;

export function opened<T>(open: () => T): { readonly value: T } | { readonly cause: Cause } {
  try {
    return { value: open() };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { cause: causeOf(error) };
  }
}

export function issuerOf({ deps, snapshot }: LookPass): { readonly value: Issuer } | { readonly cause: Cause } {
  return opened(() => deps.accounts.issuer(snapshot));
}
