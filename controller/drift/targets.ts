/** Several consumers may stand in one target, each under keys of its own: it is asked once for all of them. */
import type { Observed, Sink } from "../../adapters/contract.ts";
import type { Outcome } from "../engine/effect.ts";
import { ask, type LookPass } from "./pass.ts";
import { blockOf, namesAt, type Spot } from "./spot.ts";

export type Observing = (spot: Spot, sink: Sink) => Promise<Outcome<Observed>>;

/** One place, asked for by itself. */
export function observeAlone(pass: LookPass, spot: Spot, sink: Sink): Promise<Outcome<Observed>> {
  return observe(pass, sink, namesAt(spot));
}

/**
 * `spots`: those that this look is to see. Shared is only what a sink shows by value and writes unconditionally: elsewhere the version
 * that it tells may be one of just the keys that were asked for.
 */
export function observeTogether(pass: LookPass, spots: readonly Spot[]): Observing {
  const targets = new Map(spots.map((spot) => [spot, targetOf(pass, spot)]));
  const at = Map.groupBy(spots, (spot) => targets.get(spot));
  const asked = new Map<string, Promise<Outcome<Observed>>>();
  return async (spot, sink) => {
    const target = targets.get(spot);
    const sharers = at.get(target) ?? [];
    if (target === undefined || sharers.length < 2) return observeAlone(pass, spot, sink);
    const shared = asked.get(target) ?? observe(pass, sink, [...new Set(sharers.flatMap(namesAt))]);
    asked.set(target, shared);
    const outcome = await shared;
    // What is refused because of the keys of one of them says nothing of the others.
    return outcome.kind !== "done" && outcome.cause.terminal === true ? observeAlone(pass, spot, sink) : outcome;
  };
}

function observe(pass: LookPass, sink: Sink, names: readonly string[]): Promise<Outcome<Observed>> {
  return ask(pass, "drift.observe", (signal) => sink.observe(names, signal));
}

/** The same text for the same target; undefined where nothing may be shared. */
function targetOf({ snapshot }: LookPass, { place, traits }: Spot): string | undefined {
  const block = blockOf(snapshot.credential.spec, place);
  if (traits.grade !== "value" || traits.conditional || block === undefined) return undefined;
  if ("restart" in block && block.restart !== undefined) return undefined;
  const adapter = snapshot.accounts[block.account]?.spec.adapter ?? "";
  return JSON.stringify([block.account, { ...block }[adapter as keyof typeof block] ?? {}]);
}
