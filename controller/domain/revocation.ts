/** What a Revocation ends, and how far it is: fixed once, told id by id and consumer by consumer. Pure. */
import type { ConsumerRow, Failure, Instant, RotationFacts, State, Who, World } from "./world.ts";
import { needsTwoPeople, specOf } from "./world.ts";

export type RevocationTarget = "Current" | "Retired" | "All";

/** One credential that is to be ended. The list is fixed before the first one is: never "whatever is there now". */
export interface TargetId {
  /** The vendor's exact id. Absent: nobody knows it, and a person has to find it. */
  readonly id?: string;
  /** `minted`: made by the rotation that was pre-empted, and proven by nobody. */
  readonly is: "current" | "retired" | "minted";
  /** `by-hand`: a person ends it at the vendor. `marked`: a person said that it is ended. */
  readonly state: "pending" | "failed" | "by-hand" | "ended" | "marked";
  /** When it was ended, or said to be. */
  readonly at?: Instant;
  readonly failure?: Failure;
  readonly who?: Who;
}

/** Whether the old value is at hand, to show that nobody lets it in. It is sealed with the rotation. */
export interface KnownValue {
  readonly known: boolean;
  /** Whose value it is; absent: of the one that nobody knows the id of. */
  readonly id?: string;
  /** Where it was read, or why it could not be. */
  readonly message: string;
}

export interface Preempted {
  /** The request's name. */
  readonly name: string;
  readonly state: State;
  /** Every consumer had proven what it minted: that is the current one now, and not what leaked. */
  readonly kept?: boolean;
  /** What it had minted without proof of every consumer. */
  readonly minted?: string;
  /** Consumers hold it, and what they held before is not ended: then it is left to a person. */
  readonly spared?: boolean;
}

/** A consumer that cannot even be opened, which holds up no revoke. */
export interface Unreachable {
  readonly id: string;
  readonly message: string;
}

export interface RevocationFacts {
  readonly target: RevocationTarget;
  /** The ledger's current one when the request was admitted. */
  readonly currentId?: string;
  readonly preempted?: Preempted;
  readonly unreachable?: readonly Unreachable[];
  readonly ids?: readonly TargetId[];
  readonly value?: KnownValue;
  /** Since when a consumer was known to let the old value in, and somebody was told. */
  readonly leakedAt?: Instant;
}

/** What is known of one consumer. `resolved`: a person said that its leak is over. */
export interface LockOut {
  readonly state: "locked-out" | "leaking" | "resolved";
  readonly at: Instant;
  readonly by: "check" | "vendor" | "acceptors" | "person";
  readonly message: string;
  readonly who?: Who;
  /** It had let the old value in since then. */
  readonly leakedAt?: Instant;
}

/** Acceptors are the only ones who know the value: it was taken out of this one's slots. */
export interface Dropped {
  readonly at: Instant;
  readonly version?: string;
  readonly changed: boolean;
  readonly settled: boolean;
}

export function revocationOf({ facts }: { readonly facts: RotationFacts }): RevocationFacts {
  if (!facts.revocation) throw new Error("a Revocation has facts of its own from the beginning");
  return facts.revocation;
}

export function idsOf(world: Pick<World, "rotation">): readonly TargetId[] {
  return revocationOf(world.rotation).ids ?? [];
}

export function isClosed({ state }: TargetId): boolean {
  return state === "ended" || state === "marked";
}

/** Nothing is left to prove of this consumer. */
export function isProven({ state, facts }: ConsumerRow): boolean {
  return state === "skipped" || facts.lockOut?.state === "locked-out" || facts.lockOut?.state === "resolved";
}

export function isLeaking({ state, facts }: ConsumerRow): boolean {
  return state !== "skipped" && facts.lockOut?.state === "leaking";
}

export function accepts(world: Pick<World, "rotation">, id: string): boolean {
  const { role } = specOf(world, id);
  return role === "acceptor" || role === "both";
}

/** What is to be ended stands in an acceptor's second slot alone, or in no slot. */
export function onlySecondSlots({ rotation }: Pick<World, "rotation">): boolean {
  const { target, preempted } = revocationOf(rotation);
  return target === "Retired" || preempted?.kept === true;
}

/** `proving`: the first consumer is being asked, or was. */
export function revocationState(ids: readonly TargetId[], rows: readonly ConsumerRow[], proving: boolean): State {
  if (rows.some(isLeaking)) return "rev_leaked";
  if (ids.some(({ state }) => state === "pending")) return "rev_revoking";
  if (!ids.every(isClosed)) return "rev_revoke_failed";
  return proving ? "rev_validating" : "rev_revoked";
}

export function wasProbed(rows: readonly ConsumerRow[]): boolean {
  return rows.some(({ facts }) => facts.lockOut !== undefined || facts.dropped !== undefined || facts.failure);
}

/** It begins at once, unless an account asks for two people. */
export function revocationNeedsApproval(world: Pick<World, "rotation">): boolean {
  return needsTwoPeople(world.rotation.snapshot);
}

/** For people. */
export function nameOfTarget({ id, is }: TargetId): string {
  return id ?? `the ${is} credential, whose id nobody knows`;
}

/** Until when the vendor may still let in what it has ended. */
export function settlesAt(world: Pick<World, "rotation" | "issuer">): Instant | undefined {
  const { value } = revocationOf(world.rotation);
  const closed = idsOf(world).filter(isClosed);
  const shown = closed.filter(({ id }) => value?.known !== true || id === value.id);
  const last = shown
    .flatMap(({ at }) => at ?? [])
    .toSorted()
    .at(-1);
  if (last === undefined) return undefined;
  return new Date(Date.parse(last) + world.issuer.propagation.windowMs).toISOString();
}
