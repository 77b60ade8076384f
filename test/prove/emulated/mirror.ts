/** Keeps the truth that the judge knows in step with what the emulators truly have. */
import { liveWritesIn } from "../vendor/beside.ts";
import type { Key, Truth } from "../vendor/truth.ts";
import type { HeldKey, Plugs } from "./plug.ts";

export class Mirror {
  readonly #truth: Truth;
  readonly #plugs: Plugs;
  /** Markers of mints that were sent, for vendors that keep none: what appears was made for one of them. */
  readonly #sent: string[] = [];

  constructor(truth: Truth, plugs: Plugs) {
    this.#truth = truth;
    this.#plugs = plugs;
  }

  minting(marker: string | undefined): void {
    if (marker !== undefined) this.#sent.push(marker);
  }

  /** `marker`: of the mint that this follows; null: what appears comes of another deed, and is no mint's. */
  look(marker?: string | null): void {
    this.lookAtKeys(marker);
    for (const [target, plug] of Object.entries(this.#plugs.sinks ?? {})) this.#lookAt(target, plug.values());
  }

  lookAtKeys(marker?: string | null): void {
    const { issuer } = this.#plugs;
    if (!issuer) return;
    const held = issuer.keys();
    const there = new Set(held.map(({ id }) => id));
    for (const key of this.#truth.keys.values()) key.destroyed = !there.has(key.id);
    for (const each of held) {
      const key = this.#truth.keys.get(each.id) ?? this.#add(each, marker);
      key.enabled = each.live;
    }
  }

  #add(held: HeldKey, marker: string | null | undefined): Key {
    const { issuer } = this.#plugs;
    const { id, value } = held;
    const isOriginal = id === issuer?.originalId;
    const attempt = isOriginal ? undefined : this.#orderOf(held, marker);
    for (const [field, text] of Object.entries(value)) {
      if (!issuer?.issuer.traits.publicFields.includes(field)) this.#truth.note(text);
    }
    const { endsAt } = held;
    if (endsAt !== undefined) this.#truth.at(endsAt, () => this.#ended(id));
    return this.#truth.add({
      id,
      value,
      ours: attempt !== undefined,
      acceptedFrom: 0,
      ...(endsAt === undefined ? {} : { endsAt }),
      ...(held.marker === undefined ? {} : { marker: held.marker }),
      ...(attempt === undefined ? {} : { madeFor: attempt }),
    });
  }

  #ended(id: string): void {
    if (this.#truth.keys.get(id)?.destroyed === false) this.#truth.look("vendor.ended", id, "by itself");
  }

  /** The marker at the vendor may be cut from the left. */
  #orderOf(held: HeldKey, marker: string | null | undefined): string | undefined {
    const { marker: shown } = held;
    if (shown !== undefined) return this.#sent.find((sent) => sent.endsWith(shown.slice(-36))) ?? shown;
    return marker === null ? undefined : (marker ?? this.#sent.at(-1));
  }

  #lookAt(target: string, values: Readonly<Record<string, string>>): void {
    const place = this.#truth.place(target);
    if (!place) return;
    const own = place.keys.flatMap(({ name, previousName }) => [name, ...(previousName ? [previousName] : [])]);
    const shown = own.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]] as const]));
    const same = shown.length === place.values.size && shown.every(([name, text]) => place.values.get(name) === text);
    if (same) return;
    const before = this.#truth.heldBy(target);
    if (before) before.lastUsedAt = this.#truth.now();
    const changed = Object.fromEntries(shown.filter(([name, text]) => place.values.get(name) !== text));
    place.values.clear();
    for (const [name, text] of shown) place.values.set(name, text);
    this.#truth.liveWrites.push(...liveWritesIn(this.#truth, place, changed, "sink.write"));
    this.#truth.judge(`what is in effect at ${target}`);
  }
}
