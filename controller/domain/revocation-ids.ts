/** Which credentials a Revocation ends: decided once, from what the ledger knows. Pure. */
import type { KeyId } from "../../adapters/contract.ts";
import type { TargetId } from "./revocation.ts";
import { revocationOf } from "./revocation.ts";
import type { World } from "./world.ts";

/** What a short look at the value in use has told of the current one, where the ledger does not know its id. */
export interface Found {
  readonly id?: KeyId | undefined;
  /** The vendor calls the value dead already: then nobody has to find its id. */
  readonly dead: boolean;
}

/** Older ones first: some vendors end the newest only when nothing older lives by it. */
export function targetIds(world: World, found: Found): TargetId[] {
  const { target } = revocationOf(world.rotation);
  const all = [
    ...(target === "Current" ? [] : retiredIds(world)),
    ...(target === "Retired" ? [] : currentId(world, found)),
    ...mintedId(world),
  ];
  return all.filter(({ id }, index) => id === undefined || all.findIndex((each) => each.id === id) === index);
}

const OPEN: ReadonlySet<string> = new Set(["quarantined", "live", "restored"]);

function retiredIds(world: World): TargetId[] {
  const { preempted, currentId: current } = revocationOf(world.rotation);
  // What was retired by the pre-emption itself has its own place in the list, or is left to a person.
  const others = world.retired.filter(
    ({ vendorId, state }) => OPEN.has(state) && vendorId !== preempted?.minted && vendorId !== current,
  );
  return others.map(({ vendorId }) => ({ id: vendorId, is: "retired", state: begun(world) }));
}

function currentId(world: World, { id, dead }: Found): TargetId[] {
  const known =
    revocationOf(world.rotation).currentId ?? id ?? world.rotation.snapshot.credential.spec.issuer.currentId;
  if (known !== undefined) return [{ id: known, is: "current", state: begun(world) }];
  // Nobody keeps an id of it but its acceptors, and they are made to drop it.
  if (dead || world.issuer.authority === "acceptors") return [];
  return [{ is: "current", state: "by-hand" }];
}

function mintedId(world: World): TargetId[] {
  const { minted, spared } = revocationOf(world.rotation).preempted ?? {};
  return minted === undefined || spared === true ? [] : [{ id: minted, is: "minted", state: begun(world) }];
}

function begun({ issuer }: World): "pending" | "by-hand" {
  return issuer.revocation === "manual" ? "by-hand" : "pending";
}
