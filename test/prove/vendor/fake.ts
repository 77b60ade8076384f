/** A vendor in memory: stateful, adversarial, and the keeper of the truth. Written from the vendors' contracts, not from the engine. */
import type { Fake, Setup, SimClock } from "../api.ts";
import type { Plugs } from "../emulated/plug.ts";
import { Remote } from "../emulated/remote.ts";
import { throughEmulators } from "../emulated/adapter.ts";
import { remoteAdapter } from "./adapter.ts";
import { Desk } from "./desk.ts";
import { handle } from "./handle.ts";
import type { MintKind } from "./issuers/issuer.ts";
import { existing, removeKey } from "./issuers/issuer.ts";
import { kindOfSetup } from "./issuers/kinds.ts";
import { makeByHand } from "./issuers/manual.ts";
import { accountOf, credentialOf } from "./manifest.ts";
import { besideLive, disturbed, type LiveWrite } from "./beside.ts";
import { type Fields, type Place, valuesFor } from "./places.ts";
import { approve, plant } from "./sinks.ts";
import type { Key } from "./truth.ts";
import { isSlotPath } from "./shape.ts";
import { Truth } from "./truth.ts";
import type { Invoke } from "./wire.ts";

export interface Born {
  readonly id: string;
  readonly ours: boolean;
  /** The marker of the order that made it. */
  readonly madeFor?: string;
  readonly at: number;
  /** Nobody had ended it when the vendor did so by itself. */
  readonly endedByItselfAt?: number;
}

/** What the proof's own parts may do beside what all agree on. */
export interface VendorFake extends Fake {
  /** One call as plain JSON, for a vendor in another process. `args.by` names the replica. */
  readonly handle: Invoke;
  /** The credential that was in use before the first rotation. */
  readonly originalId: string;
  /** Every credential that ever was, gone or not. */
  ever(): readonly Born[];
  /** This acceptor would let in a credential that the vendor has ended. */
  letsIn(target: string): boolean;
  /** Somebody else makes a credential at the vendor, in the list that ours are in. Returns its id. */
  mintForeign(): string;
  /** Somebody overwrites this place with the value of this key. */
  plant(target: string, id: string): void;
  /** Every write of a live key that took effect. */
  readonly liveWrites: readonly LiveWrite[];
  /** Keys beside the live ones that are not as they were in the beginning: `app.test TOKEN`. */
  disturbed(): readonly string[];
  /** The same, with the ids of `nameOf` wherever that has one for the value. */
  named(nameOf: (value: Fields) => string | undefined): VendorFake;
}

/** Deterministic given `clock` and `random`. The credential is in use everywhere from the start. */
export function createFake(
  setup: Setup,
  clock: SimClock,
  random: (bytes: number) => Buffer,
  plugs?: Plugs,
): VendorFake {
  const truth = new Truth(setup, clock, random);
  const kind = kindOfSetup(setup);
  const desk = new Desk(truth, clock);
  const remote = plugs && new Remote(truth, desk, clock, plugs);
  const original = inUse(truth, kind, plugs, remote);
  const before = besideLive(truth);
  const door = { truth, kind, desk };
  const invoke: Invoke = async (method, args, signal) => handle(door, method, args, signal);
  const fake: VendorFake = {
    setup,
    originalId: original.id,
    handle: invoke,
    adapter: throughEmulators(
      remoteAdapter(setup, invoke, () => truth.by),
      plugs,
      remote,
    ),
    quiet: () => remote?.quiet(),
    account: accountOf(setup),
    credential: named(credentialOf(setup), setup, original.id),
    history: truth.history,
    canaries: truth.canaries,
    outages: truth.outages,
    liveWrites: truth.liveWrites,
    disturbed: () => disturbed(truth, before),
    get by() {
      return truth.by;
    },
    set by(replica) {
      truth.by = replica;
    },
    arm: (faults) => desk.arm(faults),
    elapse: (now) => {
      truth.elapse(now);
      remote?.elapse();
    },
    nextMoment: () => earliest(truth.nextMoment(), remote?.nextMoment()),
    mintByHand: () => {
      const key = madeByHand(truth, plugs, remote);
      truth.look("vendor.mint", key.id, "by hand");
      return key.value;
    },
    revokeByHand: (id) => {
      plugs?.issuer?.revokeByHand?.(id);
      removeKey(truth, id);
      truth.look("vendor.revoke", id, "by hand");
    },
    letsIn: (target) => {
      const until = truth.place(target)?.leaksUntil;
      return until !== undefined && truth.now() < until;
    },
    mintForeign: () => {
      const { id } = madeByHand(truth, plugs, remote);
      truth.look("vendor.mint", id, "by somebody else");
      return id;
    },
    plant: (target, id) => {
      const key = existing(truth, id) ?? truth.keys.get(id);
      if (key) plant(truth, target, key, "vendor.plant");
    },
    approve: (target) => {
      plugs?.sinks?.[target]?.approve?.();
      remote?.mirror.look();
      approve(truth, target);
    },
    keys: () => truth.list().map((key) => ({ ...bornOf(key), accepted: truth.isAccepted(key) })),
    ever: () => [...truth.keys.values()].map((key) => ({ ...bornOf(key), ...endOf(key, truth.now()) })),
    heldBy: (target) => truth.heldBy(target)?.id,
    named: (nameOf) => renamed(fake, truth, nameOf),
  };
  return fake;
}

/** Where the vendor has no ids, whoever wrote the manifest chose one for what was there. */
function named(credential: Fake["credential"], { namedBy }: Setup, originalId: string): Fake["credential"] {
  if (namedBy !== "ledger") return credential;
  return { ...credential, issuer: { ...credential.issuer, currentId: originalId } };
}

function renamed(fake: VendorFake, truth: Truth, nameOf: (value: Fields) => string | undefined): VendorFake {
  const idOf = (id: string): string => nameOf(truth.keys.get(id)?.value ?? {}) ?? id;
  const held = (target: string): string | undefined => {
    const id = fake.heldBy(target);
    return id === undefined ? undefined : idOf(id);
  };
  return {
    ...fake,
    keys: () => fake.keys().map((key) => ({ ...key, id: idOf(key.id) })),
    ever: () => fake.ever().map((key) => ({ ...key, id: idOf(key.id) })),
    heldBy: held,
  };
}

/** The credential from before Velvet, which every place holds. */
function inUse(truth: Truth, kind: MintKind, plugs: Plugs | undefined, remote: Remote | undefined): Key {
  remote?.mirror.lookAtKeys();
  const original = truth.keys.get(plugs?.issuer?.originalId ?? "") ?? kind.original(truth);
  for (const place of truth.places.values()) {
    if (isSlotPath(place.id)) plantSlot(place, plugs);
    else fill(truth, place, original, plugs);
  }
  return original;
}

/** What was there long before. */
function plantSlot({ id, values }: Place, plugs: Plugs | undefined): void {
  if (values.size > 0) plugs?.sinks?.[id]?.plant(Object.fromEntries(values));
}

function fill({ setup }: Truth, place: Place, key: Key, plugs: Plugs | undefined): void {
  const values = valuesFor(place, key.value);
  for (const [name, text] of Object.entries(values)) place.values.set(name, text);
  place.managed = setup.mintClass === "vendor-distributed" && place.id !== "custody";
  plugs?.sinks?.[place.id]?.plant(values);
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

function madeByHand(truth: Truth, plugs: Plugs | undefined, remote: Remote | undefined): Key {
  const id = plugs?.issuer?.mintByHand?.();
  if (id === undefined) return makeByHand(truth);
  remote?.mirror.look();
  const key = truth.keys.get(id);
  if (!key) throw new Error(`the emulator has no ${id}`);
  return key;
}

function bornOf({ id, ours, madeFor, createdAt }: Key): Born {
  return { id, ours, at: createdAt, ...(madeFor === undefined ? {} : { madeFor }) };
}

function endOf({ destroyed, endsAt }: Key, now: number): Pick<Born, "endedByItselfAt"> {
  return destroyed || endsAt === undefined || endsAt > now ? {} : { endedByItselfAt: endsAt };
}
