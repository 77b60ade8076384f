/** Decisions about the mint: what a lost answer may have left, and a value that only a person can make. Pure. */
import type { Ruling } from "./ruling.ts";
import { refuse } from "./ruling.ts";
import type { DecisionRow, Who, World } from "./world.ts";
import { liveAttempt } from "./world.ts";

/** A person looked at the vendor after a mint whose answer was lost, and ended there what nobody owns. */
export function settleMint(world: World, attempt: string, by: Who): Ruling {
  const { failure, ...facts } = world.rotation.facts;
  if (failure?.stalled !== true) return refuse("NotAtRevoke", "Velvet is still finding out what became of the mint.");
  return {
    verdict: "accepted",
    message: `${by.name} dealt with what the mint may have left (${by.ticket}).`,
    facts: { ...facts, settled: { attempt, who: by } },
  };
}

/** The new value of a credential that only a person can make. Undefined: nobody was asked for it yet. */
export function provideValue(world: World, decision: DecisionRow): Ruling | undefined {
  if (world.issuer.mintClass !== "manual") {
    return refuse("ActionNotPossible", "This issuer mints by itself: no value is taken from a person.");
  }
  if (world.rotation.facts.abort) return refuse("Aborting", "This rotation is being aborted.");
  if (liveAttempt(world)) return refuse("ValueAlreadyThere", "A new value was handed in already.");
  if (decision.spec.sealedValue === undefined) return refuse("ValueMissing", "ProvideValue needs a sealedValue.");
  if (world.rotation.facts.awaitsValueSince === undefined) return undefined;
  const { failure: _, ...facts } = world.rotation.facts;
  return {
    verdict: "accepted",
    message: `${decision.spec.decidedBy} handed in a new value.`,
    facts,
    provides: decision.spec.sealedValue,
  };
}
