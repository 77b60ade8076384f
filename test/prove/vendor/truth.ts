/** The whole truth of one vendor and of the places that hold copies, a complete history, and invariant I1 judged after every change. */
import type { ConsumerSetup, Deed, Setup, SimClock } from "../api.ts";
import {
  CUSTODY,
  custodyKind,
  fieldsOf,
  isAcceptor,
  isCaller,
  nameOf,
  previousNameOf,
  sinkTraitsOf,
  slotPath,
  SLOT_SUFFIX,
} from "./shape.ts";
import type { Place, PlaceKey } from "./places.ts";
import { makePlace, presented, slotValues } from "./places.ts";
import type { Fields } from "./places.ts";
import type { LiveWrite } from "./beside.ts";

export interface Key {
  readonly id: string;
  readonly value: Fields;
  readonly marker?: string;
  /** The marker of the order that made it, whole, whether the vendor keeps it or not: for the judge. */
  madeFor?: string;
  /** Made by a call of ours. */
  readonly ours: boolean;
  readonly createdAt: number;
  /** From then on it is accepted: propagation. */
  readonly acceptedFrom: number;
  enabled: boolean;
  /** The vendor ends it by itself then. */
  endsAt?: number;
  lastUsedAt?: number;
  /** Gone: it is kept here only so that its value is known again. */
  destroyed: boolean;
}

interface Moment {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export type Outage = { readonly consumer: string; readonly at: number; readonly deed: string };

export class Truth {
  readonly setup: Setup;
  readonly keys = new Map<string, Key>();
  readonly places = new Map<string, Place>();
  readonly history: Deed[] = [];
  readonly outages: Outage[] = [];
  readonly liveWrites: LiveWrite[] = [];
  readonly canaries: string[] = [];
  readonly random: (bytes: number) => Buffer;
  /** The replica whose call is being served. */
  by = "";
  readonly #clock: SimClock;
  readonly #acceptors: readonly ConsumerSetup[];
  readonly #known = new Set<string>();
  readonly #out = new Set<string>();
  #moments: Moment[] = [];
  #order = 0;
  /** Inside a moment: its own time, not the clock's, which may have gone further. */
  #at: number | undefined;

  constructor(setup: Setup, clock: SimClock, random: (bytes: number) => Buffer) {
    this.setup = setup;
    this.random = random;
    this.#clock = clock;
    this.#acceptors = setup.consumers.filter(isAcceptor);
    this.places.set(CUSTODY, makePlace(CUSTODY, custodyKind(setup), placeKeys(setup, false)));
    for (const consumer of setup.consumers) {
      const keys = placeKeys(setup, isAcceptor(consumer) && consumer.twoSlots === true);
      this.places.set(consumer.id, makePlace(consumer.id, consumer.sink, keys));
      this.#makeSlot(consumer);
    }
  }

  /** What was put there by somebody, long before: to be found again. */
  #makeSlot({ id, sink, testSlot }: ConsumerSetup): void {
    if (testSlot === undefined) return;
    const path = slotPath(id);
    const own = makePlace(path, sink, placeKeys(this.setup, false));
    if (testSlot !== "key") this.places.set(path, own);
    const place = testSlot === "key" ? this.places.get(id) : own;
    const [key] = own.keys;
    // What cannot be read could not be put back: there the slot is empty.
    if (!place || !key || sinkTraitsOf(sink).grade !== "value") return;
    place.values.set(testSlot === "key" ? `${key.name}${SLOT_SUFFIX}` : key.name, this.canary());
  }

  now(): number {
    return this.#at ?? this.#clock.now();
  }

  place(target: string): Place | undefined {
    return this.places.get(target);
  }

  note(value: string): void {
    if (this.#known.has(value)) return;
    this.#known.add(value);
    this.canaries.push(value);
  }

  /** A new random text that will be searched for in everything that leaves the controller: 32 characters. */
  canary(): string {
    const text = this.random(24).toString("base64url");
    this.note(text);
    return text;
  }

  add(key: Omit<Key, "createdAt" | "acceptedFrom" | "enabled" | "destroyed"> & Partial<Key>): Key {
    const createdAt = this.now();
    const acceptedFrom = createdAt + (this.setup.propagationMs ?? 0);
    const made: Key = { createdAt, acceptedFrom, enabled: true, destroyed: false, ...key };
    this.keys.set(made.id, made);
    if (made.acceptedFrom > createdAt) this.at(made.acceptedFrom, () => this.look("vendor.propagated", made.id));
    return made;
  }

  /** The vendor's own acceptance, at this moment. */
  isLive(key: Key): boolean {
    if (key.destroyed || !key.enabled) return false;
    const now = this.now();
    return now >= key.acceptedFrom && (key.endsAt === undefined || now < key.endsAt);
  }

  /** Accepted by whoever decides: the vendor, or at least one acceptor. */
  isAccepted(key: Key): boolean {
    if (this.setup.authority !== "acceptors") return this.isLive(key);
    return this.#judges().some((acceptor) => this.#takes(acceptor, key));
  }

  /** Accepted wherever it may be sent to. */
  isAcceptedEverywhere(key: Key): boolean {
    if (this.setup.authority !== "acceptors") return this.isLive(key);
    return this.#acceptors.every((acceptor) => this.#takes(acceptor, key));
  }

  /** What there is: not what is gone or has ended by itself, and without a vendor only what somebody accepts. */
  list(): Key[] {
    const now = this.now();
    return [...this.keys.values()].filter((key) => {
      if (key.destroyed || (key.endsAt !== undefined && key.endsAt <= now)) return false;
      return this.setup.authority !== "acceptors" || this.isAccepted(key);
    });
  }

  /** The key that this place presents, dead ones included. */
  heldBy(target: string): Key | undefined {
    const place = this.places.get(target);
    return place && this.keyOf(presented(place), Object.keys(presented(place)).length);
  }

  /** The key that has all these fields. `least` fields must be given. */
  keyOf(fields: Fields, least = 1): Key | undefined {
    const given = Object.entries(fields);
    if (given.length < Math.max(1, least)) return undefined;
    return [...this.keys.values()].find((key) => given.every(([name, text]) => key.value[name] === text));
  }

  /** True when this acceptor's slots hold the key. */
  accepts(target: string, key: Key): boolean {
    const place = this.places.get(target);
    return place !== undefined && slotValues(place).some((slot) => this.keyOf(slot)?.id === key.id);
  }

  record(label: string, target: string, outcome: Deed["outcome"], note?: string, by = this.by): void {
    const sent = by === "" || label.startsWith("vendor.") ? {} : { by };
    this.history.push({ at: this.now(), label, target, outcome, ...sent, ...(note === undefined ? {} : { note }) });
  }

  /** Something became true by itself. */
  look(label: string, target: string, note?: string): void {
    this.record(label, target, "done", note);
    this.judge(`${label} ${target}`);
  }

  /** I1: every required consumer holds what is accepted. An outage is told once, when it begins. */
  judge(deed: string): void {
    for (const consumer of this.setup.consumers) {
      if (consumer.active === false) continue;
      if (this.#works(consumer)) this.#out.delete(consumer.id);
      else if (!this.#out.has(consumer.id)) {
        this.#out.add(consumer.id);
        this.outages.push({ consumer: consumer.id, at: this.now(), deed });
      }
    }
  }

  at(at: number, run: () => void): void {
    this.#moments.push({ at, order: this.#order++, run });
    this.#moments.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  nextMoment(): number | undefined {
    return this.#moments[0]?.at;
  }

  elapse(now: number): void {
    for (let next = this.#moments[0]; next && next.at <= now; next = this.#moments[0]) {
      this.#moments.shift();
      this.#at = next.at;
      try {
        next.run();
      } finally {
        this.#at = undefined;
      }
    }
  }

  /** Where nobody is named as acceptor, whoever holds a value takes it. */
  #judges(): readonly ConsumerSetup[] {
    return this.#acceptors.length > 0 ? this.#acceptors : this.setup.consumers;
  }

  #takes(acceptor: ConsumerSetup, key: Key): boolean {
    return this.accepts(acceptor.id, key);
  }

  #works(consumer: ConsumerSetup): boolean {
    const held = this.heldBy(consumer.id);
    if (held)
      return !isCaller(consumer) && this.setup.authority === "acceptors" ? true : this.isAcceptedEverywhere(held);
    return this.#isMixOfLive(consumer);
  }

  /** A sink that takes one key after the other is torn for a moment: its manifest says that its consumer survives that. */
  #isMixOfLive(consumer: ConsumerSetup): boolean {
    const place = this.places.get(consumer.id);
    if (!place || place.atomic) return false;
    const fields = Object.entries(presented(place));
    if (fields.length < fieldsOf(this.setup).length) return false;
    return fields.every(([name, text]) =>
      [...this.keys.values()].some((key) => key.value[name] === text && this.isAcceptedEverywhere(key)),
    );
  }
}

function placeKeys(setup: Setup, twoSlots: boolean): readonly PlaceKey[] {
  return fieldsOf(setup).map((field) => ({
    field,
    name: nameOf(field),
    ...(twoSlots ? { previousName: previousNameOf(field) } : {}),
  }));
}
