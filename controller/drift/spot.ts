/** One place as its manifest has it: worked out once for all that one look asks of it. */
import type { SinkTraits } from "../../adapters/contract.ts";
import type { ConsumerKey } from "../../crds/kinds.gen.ts";
import { CUSTODY } from "../domain/consumers.ts";
import { keysOf } from "../engine/value.ts";
import type { LookPass } from "./pass.ts";

export interface Spot {
  readonly place: string;
  readonly account: string;
  readonly traits: SinkTraits;
  readonly keys: readonly ConsumerKey[];
}

export function spotOf({ deps, snapshot, traits }: LookPass, place: string): Spot {
  return {
    place,
    account: blockOf(snapshot.credential.spec, place)?.account ?? "",
    traits: deps.accounts.sinkTraits(snapshot, place),
    keys: keysOf(snapshot, place, traits.fields),
  };
}

/** What the manifest says of the place. */
export function blockOf({ custody, consumers }: LookPass["claim"]["spec"], place: string) {
  return place === CUSTODY ? custody : consumers.find(({ id }) => id === place);
}

/** All keys that are asked for. */
export function namesAt({ keys }: Spot): string[] {
  const names = keys.flatMap(({ name, previousKey }) => (previousKey === undefined ? name : [name, previousKey]));
  return names.length < 2 ? names : [...new Set(names)];
}
