/** Several consumers may stand in one target, each under keys of its own: it is asked once for all of them. */
import type { Observed, Sink } from "../../adapters/contract.ts";
import { CUSTODY } from "../domain/consumers.ts";
import type { Outcome } from "../engine/effect.ts";
import { keysOf } from "../engine/value.ts";
import { ask, type LookPass, opened } from "./pass.ts";

export type Observing = (place: string) => Promise<Outcome<Observed>>;

/** One place, asked for by itself. */
export async function observeAlone(pass: LookPass, place: string): Promise<Outcome<Observed>> {
  return observe(pass, place, namesAt(pass, place));
}

/**
 * `places`: those that this look is to see. Shared is only what a sink shows by value and writes unconditionally: elsewhere the version
 * that it tells may be one of just the keys that were asked for.
 */
export function observeTogether(pass: LookPass, places: readonly string[]): Observing {
  const targets = new Map(places.map((place) => [place, targetOf(pass, place)]));
  const at = Map.groupBy(places, (place) => targets.get(place) ?? place);
  const asked = new Map<string, Promise<Outcome<Observed>>>();
  return async (place) => {
    const target = targets.get(place) ?? place;
    const sharers = at.get(target) ?? [];
    if (sharers.length < 2) return observeAlone(pass, place);
    const names = [...new Set(sharers.flatMap((each) => namesAt(pass, each)))];
    const shared = asked.get(target) ?? observe(pass, place, names);
    asked.set(target, shared);
    const outcome = await shared;
    // What is refused because of the keys of one of them says nothing of the others.
    return outcome.kind !== "done" && outcome.cause.terminal === true ? observeAlone(pass, place) : outcome;
  };
}

async function observe(pass: LookPass, place: string, names: readonly string[]): Promise<Outcome<Observed>> {
  const sink = opened((): Sink => pass.deps.accounts.sink(pass.snapshot, place));
  if ("cause" in sink) return { kind: "refused", cause: sink.cause };
  return ask(pass, "drift.observe", async (signal) => sink.value.observe(names, signal));
}

function namesAt({ snapshot, traits }: LookPass, place: string): string[] {
  const keys = keysOf(snapshot, place, traits.fields);
  return [...new Set(keys.flatMap(({ name, previousKey }) => [name, ...(previousKey ? [previousKey] : [])]))];
}

/** The same text for the same target; of its own where nothing may be shared. */
function targetOf({ deps, snapshot }: LookPass, place: string): string {
  const { grade, conditional } = deps.accounts.sinkTraits(snapshot, place);
  const { custody, consumers } = snapshot.credential.spec;
  const consumer = consumers.find(({ id }) => id === place);
  const block = place === CUSTODY ? custody : consumer;
  if (grade !== "value" || conditional || block === undefined || consumer?.restart !== undefined)
    return `place ${place}`;
  const adapter = snapshot.accounts[block.account]?.spec.adapter ?? "";
  return JSON.stringify([block.account, { ...block }[adapter as keyof typeof block] ?? {}]);
}
