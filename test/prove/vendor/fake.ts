/** A vendor in memory: stateful, adversarial, and the keeper of the truth. Written from the vendors' contracts, not from the engine. */
import type { Fake, Setup, SimClock } from "../api.ts";
import { remoteAdapter } from "./adapter.ts";
import { Desk } from "./desk.ts";
import { handle } from "./handle.ts";
import { existing, removeKey } from "./issuers/issuer.ts";
import { kindOfSetup } from "./issuers/kinds.ts";
import { makeByHand } from "./issuers/manual.ts";
import { accountOf, credentialOf } from "./manifest.ts";
import { valuesFor } from "./places.ts";
import { approve, plant } from "./sinks.ts";
import type { Key } from "./truth.ts";
import { Truth } from "./truth.ts";
import type { Invoke } from "./wire.ts";

export interface Born {
  readonly id: string;
  readonly ours: boolean;
  /** The marker of the order that made it. */
  readonly madeFor?: string;
  readonly at: number;
}

/** What the proof's own parts may do beside what all agree on. */
export interface VendorFake extends Fake {
  /** One call as plain JSON, for a vendor in another process. `args.by` names the replica. */
  readonly handle: Invoke;
  /** The credential that was in use before the first rotation. */
  readonly originalId: string;
  /** Every credential that ever was, gone or not. */
  ever(): readonly Born[];
  /** Somebody else makes a credential at the vendor, in the list that ours are in. Returns its id. */
  mintForeign(): string;
  /** Somebody overwrites this place with the value of this key. */
  plant(target: string, id: string): void;
}

/** Deterministic given `clock` and `random`. The credential is in use everywhere from the start. */
export function createFake(setup: Setup, clock: SimClock, random: (bytes: number) => Buffer): VendorFake {
  const truth = new Truth(setup, clock, random);
  const kind = kindOfSetup(setup);
  const desk = new Desk(truth, clock);
  const original = kind.original(truth);
  for (const place of truth.places.values()) {
    for (const [name, text] of Object.entries(valuesFor(place, original.value))) place.values.set(name, text);
    place.managed = setup.mintClass === "vendor-distributed" && place.id !== "custody";
  }
  const door = { truth, kind, desk };
  const invoke: Invoke = async (method, args, signal) => handle(door, method, args, signal);
  return {
    setup,
    originalId: original.id,
    handle: invoke,
    adapter: remoteAdapter(setup, invoke, () => truth.by),
    account: accountOf(setup),
    credential: credentialOf(setup),
    history: truth.history,
    canaries: truth.canaries,
    outages: truth.outages,
    get by() {
      return truth.by;
    },
    set by(replica) {
      truth.by = replica;
    },
    arm: (faults) => desk.arm(faults),
    elapse: (now) => truth.elapse(now),
    nextMoment: () => truth.nextMoment(),
    mintByHand: () => {
      const key = makeByHand(truth);
      truth.look("vendor.mint", key.id, "by hand");
      return key.value;
    },
    revokeByHand: (id) => {
      removeKey(truth, id);
      truth.look("vendor.revoke", id, "by hand");
    },
    mintForeign: () => {
      const { id } = makeByHand(truth);
      truth.look("vendor.mint", id, "by somebody else");
      return id;
    },
    plant: (target, id) => {
      const key = existing(truth, id) ?? truth.keys.get(id);
      if (key) plant(truth, target, key, "vendor.plant");
    },
    approve: (target) => approve(truth, target),
    keys: () => truth.list().map((key) => ({ ...bornOf(key), accepted: truth.isAccepted(key) })),
    ever: () => [...truth.keys.values()].map(bornOf),
    heldBy: (target) => truth.heldBy(target)?.id,
  };
}

function bornOf({ id, ours, madeFor, createdAt }: Key): Born {
  return { id, ours, at: createdAt, ...(madeFor === undefined ? {} : { madeFor }) };
}
