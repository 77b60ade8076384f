/** Calls of the engine that go through a real adapter to an emulator, with their faults on the wire. The truth is looked up after each. */
import type { Mishap, Trap } from "../../../adapters/emulator/emulator.ts";
import type { Issuer, Sink } from "../../../adapters/contract.ts";
import { isAdapterError } from "../../../adapters/errors.ts";
import type { Fault, SimClock } from "../api.ts";
import type { Desk } from "../vendor/desk.ts";
import type { Truth } from "../vendor/truth.ts";
import type { RemoteCall } from "./calls.ts";
import { issuerThrough, sinkThrough } from "./calls.ts";
import { Mirror } from "./mirror.ts";
import type { IssuerPlug, Plugs, SinkPlug } from "./plug.ts";

export class Remote {
  readonly #truth: Truth;
  readonly #desk: Desk;
  readonly #clock: SimClock;
  readonly #plugs: Plugs;
  readonly mirror: Mirror;
  /** Calls on their way that will be answered without time going on. */
  readonly #busy = new Set<Promise<unknown>>();

  constructor(truth: Truth, desk: Desk, clock: SimClock, plugs: Plugs) {
    this.#truth = truth;
    this.#desk = desk;
    this.#clock = clock;
    this.#plugs = plugs;
    this.mirror = new Mirror(truth, plugs);
  }

  /** Resolves when one more call has been answered; undefined when none is on its way. */
  quiet(): Promise<void> | undefined {
    return this.#busy.size === 0 ? undefined : Promise.race(this.#busy).then(() => undefined);
  }

  /** What was on its way lands. */
  elapse(): void {
    for (const emulator of this.#emulators()) emulator.elapse();
    if (this.#busy.size === 0) this.mirror.look();
  }

  nextMoment(): number | undefined {
    const moments = this.#emulators().flatMap((emulator) => emulator.nextMoment() ?? []);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  issuer(plug: IssuerPlug): Issuer {
    return issuerThrough(plug, async (call, signal, work) => this.#serve(call, signal, work));
  }

  sink(plug: SinkPlug, target: string): Sink {
    return sinkThrough(plug, target, async (call, signal, work) => this.#serve(call, signal, work));
  }

  async #serve<T>(call: RemoteCall, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { label, target, plug } = call;
    const by = this.#truth.by;
    const fault = this.#desk.admit({ label, target }, by, signal, () => "doom" in plug && plug.doom?.());
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const settle = () => {
      this.#busy.delete(answered);
      resolve();
    };
    this.#busy.add(answered);
    this.mirror.minting(call.marker);
    const traps = fault ? this.#traps(call, fault, by, signal, settle) : [];
    const deed = this.#desk.note(
      { label, target },
      by,
      fault !== undefined && fault.kind !== "twice" ? "lost" : "done",
    );
    try {
      return await work();
    } catch (error) {
      if (!fault && isAdapterError(error)) this.#desk.refused(deed, error.reason);
      throw error;
    } finally {
      for (const release of traps) release();
      settle();
      this.#look(call);
    }
  }

  /** While another call is under way nobody can tell whose a change is. */
  #look({ label, target, marker, changing }: RemoteCall): void {
    if (this.#busy.size > 0) return;
    this.mirror.look(changing ? (marker ?? null) : marker);
    this.#truth.judge(`${label} ${target}`);
  }

  #traps(call: RemoteCall, fault: WireFault, by: string, signal: AbortSignal, hung: () => void): (() => void)[] {
    const { label, target, changing, plug } = call;
    const trap: Trap = {
      mishap: mishapOf(fault),
      // A read is sent once more where its kept connection broke: what is to be lost is lost again.
      ...(changing ? { when: plug.changes } : { times: fault.kind === "reset-after" ? 2 : 1 }),
      caught: () => {
        if (fault.kind !== "hang") return;
        hung();
        void this.#clock.hang(signal);
      },
      landed: () => {
        this.#desk.note({ label, target }, by, "late");
        this.#look(call);
      },
    };
    return plug.emulators.map((emulator) => emulator.set(trap));
  }

  #emulators(): IssuerPlug["emulators"] {
    const { issuer, sinks = {} } = this.#plugs;
    return [...(issuer?.emulators ?? []), ...Object.values(sinks).flatMap(({ emulators }) => emulators)];
  }
}

/** A fault that happens on the wire; the others are answered before anything is sent. */
export type WireFault = Extract<Fault, { readonly kind: "reset-after" | "hang" | "twice" }>;

function mishapOf(fault: WireFault): Mishap {
  if (fault.kind === "reset-after") return { kind: "reset-after" };
  if (fault.kind === "twice") return { kind: "twice", landsAfterMs: fault.landsAfterMs };
  return { kind: "hang", ...(fault.landsAfterMs === undefined ? {} : { landsAfterMs: fault.landsAfterMs }) };
}
