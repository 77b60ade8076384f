/** A real adapter on its vendor's emulator, as the proof uses it in place of a part of the fake. Types only. */
import type { Call, Emulator } from "../../../adapters/emulator/emulator.ts";
import type { Clock, Issuer, KeyId, Sink } from "../../../adapters/contract.ts";
import type { Setup } from "../api.ts";
import type { Fields } from "../vendor/places.ts";

export interface PlugOptions {
  /** The telling's time, in milliseconds since 1970. */
  readonly now: () => number;
  /** The same, for the adapter. */
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  /** The consumer's test slot is to be a real place too. */
  readonly rehearses: boolean;
}

interface Plug extends AsyncDisposable {
  readonly emulators: readonly Pick<Emulator, "set" | "elapse" | "nextMoment">[];
  /** Whether a request changes something at the vendor. */
  readonly changes: (call: Call) => boolean;
}

/** A credential as the emulator truly has it. */
export interface HeldKey {
  /** As the adapter names it. */
  readonly id: KeyId;
  readonly value: Fields;
  /** Accepted now. */
  readonly live: boolean;
  /** Our marker, as it stands at the vendor. */
  readonly marker?: string;
  /** When the vendor ends it by itself, in milliseconds since 1970. It is still told of after that. */
  readonly endsAt?: number;
}

export interface IssuerPlug extends Plug {
  readonly issuer: Issuer;
  /** The credential that was there before Velvet. */
  readonly originalId: KeyId;
  /** All that there are; what is gone is not among them. */
  keys(): readonly HeldKey[];
  /** For what only a person makes. Returns its id. */
  mintByHand?(): KeyId;
  revokeByHand?(id: KeyId): void;
}

export interface SinkPlug extends Plug {
  readonly sink: Sink;
  /** What is in effect, key name to value. */
  values(): Readonly<Record<string, string>>;
  /** By another hand. */
  plant(values: Readonly<Record<string, string>>): void;
  /** The next write will not take effect: its release fails, or nobody approves it. */
  doom?(): void;
  /** Somebody approves what waits. */
  approve?(): void;
}

export interface Plugs extends AsyncDisposable {
  readonly issuer?: IssuerPlug;
  /** By consumer. */
  readonly sinks?: Readonly<Record<string, SinkPlug>>;
}

/** A setup that is told with a real adapter in it. */
export interface EmulatedSetup {
  readonly setup: Setup;
  readonly open: (options: PlugOptions) => Promise<Plugs>;
}
