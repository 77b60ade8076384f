/** What a decision can be answered. */
import type { ConsumerRow, DecisionRow, Instant, RotationFacts, State, Who, World } from "./world.ts";

export interface Accepted {
  readonly verdict: "accepted";
  readonly message: string;
  readonly facts?: RotationFacts;
  readonly consumers?: readonly ConsumerRow[];
  readonly state?: State;
  /** A new value that a person hands in, sealed to the install's key: accepted only if it opens. */
  readonly provides?: string;
  /** What a person ended by hand. */
  readonly retired?: readonly { readonly vendorId: string; readonly state: "manual"; readonly residual: readonly [] }[];
  /** The ledger's current one is ended by this, and there is none any more. */
  readonly forgets?: boolean;
}

export interface Refused {
  readonly verdict: "refused";
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

export type Ruling = Accepted | Refused;

export type Rule = (world: World, decision: DecisionRow, now: Instant) => Ruling | undefined;

export function refuse(reason: string, message: string): Refused {
  return { verdict: "refused", reason, message };
}

export function who(decision: DecisionRow, now: Instant): Who {
  const { decidedBy, ticket } = decision.spec;
  return {
    name: decidedBy,
    trust: decision.trust,
    decision: decision.name,
    at: now,
    ...(ticket === undefined ? {} : { ticket }),
  };
}
