/** Where calls come in: what becomes of each is its fault's to say, or nobody's. */
import type { Deed, Fault, SimClock } from "../api.ts";
import { isAdapterError } from "../../../adapters/errors.ts";
import { answered, busy, notSent, unanswered } from "./refusals.ts";
import type { Truth } from "./truth.ts";

/** One call, as often as it takes effect. Throws the vendor's refusal. */
export interface Call {
  readonly label: string;
  readonly target: string;
  readonly act: (mishap: Mishap) => unknown;
}

/** What a fault means to what is done. */
export interface Mishap {
  /** The write will never take effect. */
  readonly doomed: boolean;
  /** Only so many keys were sent. */
  readonly most?: number;
}

type CallFault = Exclude<Fault, { readonly kind: "unsettled" }>;
type TargetFault = Extract<Fault, { readonly kind: "unsettled" }>;

/** A fault counts calls from the moment it was armed. */
interface Armed<F> {
  readonly fault: F;
  left: number;
}

export class Desk {
  readonly #truth: Truth;
  readonly #clock: SimClock;
  #calls: Armed<CallFault>[] = [];
  #targets: Armed<TargetFault>[] = [];

  constructor(truth: Truth, clock: SimClock) {
    this.#truth = truth;
    this.#clock = clock;
  }

  arm(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind === "unsettled") this.#targets.push({ fault, left: fault.nth });
      else this.#calls.push({ fault, left: fault.nth });
    }
  }

  async serve(call: Call, by: string, signal: AbortSignal): Promise<unknown> {
    this.#truth.elapse(this.#clock.now());
    if (signal.aborted) throw notSent(call.label);
    const mishap = { doomed: this.#isDoomed(call) };
    const fault = this.#faultOf(call.label);
    if (!fault) return this.#act(call, by, mishap);
    return this.#fail(call, by, mishap, fault, signal);
  }

  /**
   * For a call that is made elsewhere: what happens before it is sent happens here. Answers the fault that is to happen on the wire.
   * `doom`: the write is not to take effect.
   */
  admit(
    call: Pick<Call, "label" | "target">,
    by: string,
    signal: AbortSignal,
    doom: () => unknown,
  ): Extract<CallFault, { readonly kind: "reset-after" | "hang" | "twice" }> | undefined {
    this.#truth.elapse(this.#clock.now());
    if (signal.aborted) throw notSent(call.label);
    if (this.#isDoomed({ ...call, act: doom })) doom();
    const fault = this.#faultOf(call.label);
    if (fault?.kind !== "refuse" && fault?.kind !== "busy" && fault?.kind !== "reset-before") return fault;
    this.note(call, by, fault.kind === "reset-before" ? "lost" : "refused");
    throw errorOf(fault, call.label);
  }

  /** Puts a call into the history, and answers its place there. */
  note({ label, target }: Pick<Call, "label" | "target">, by: string, outcome: Deed["outcome"]): number {
    this.#truth.record(label, target, outcome, undefined, by);
    return this.#truth.history.length - 1;
  }

  /** The vendor did not do it after all. */
  refused(place: number, note: string): void {
    const deed = this.#truth.history[place];
    if (deed) this.#truth.history[place] = { ...deed, outcome: "refused", note };
  }

  async #fail(call: Call, by: string, mishap: Mishap, fault: CallFault, signal: AbortSignal): Promise<unknown> {
    switch (fault.kind) {
      case "refuse":
      case "busy":
        this.#record(call, by, "refused", String(fault.status));
        throw errorOf(fault, call.label);
      case "reset-before":
        this.#record(call, by, "lost", "never arrived");
        throw errorOf(fault, call.label);
      case "reset-after":
        this.#quietly(() => this.#act(call, by, withKeys(mishap, fault.keys)));
        throw unanswered(call.label, "ConnectionLost");
      case "hang":
        return this.#hang(call, by, mishap, fault.landsAfterMs, signal);
      case "twice":
        this.#land(call, by, { doomed: false }, fault.landsAfterMs);
    }
    return this.#act(call, by, mishap);
  }

  async #hang(
    call: Call,
    by: string,
    mishap: Mishap,
    landsAfterMs: number | undefined,
    signal: AbortSignal,
  ): Promise<never> {
    this.#record(call, by, "lost", "no answer");
    if (landsAfterMs !== undefined) this.#land(call, by, mishap, landsAfterMs);
    await this.#clock.hang(signal);
    throw unanswered(call.label, "AnswerTimeout");
  }

  /** Whoever sent it, alive or not: it is on its way. */
  #land(call: Call, by: string, mishap: Mishap, afterMs: number): void {
    this.#truth.at(this.#truth.now() + afterMs, () => this.#quietly(() => this.#act(call, by, mishap, "late")));
  }

  #act(call: Call, by: string, mishap: Mishap, outcome: "done" | "late" = "done"): unknown {
    const { history } = this.#truth;
    const place = history.length;
    this.#record(call, by, outcome);
    try {
      return call.act(mishap);
    } catch (error) {
      const deed = history[place];
      const reason = isAdapterError(error) ? error.reason : "a bug of the fake";
      if (deed) history[place] = { ...deed, outcome: "refused", note: outcome === "late" ? `late: ${reason}` : reason };
      throw error;
    }
  }

  /** What is refused unheard is in the history. */
  #quietly(act: () => unknown): void {
    try {
      act();
    } catch (error) {
      if (!isAdapterError(error)) throw error;
    }
  }

  #record(call: Call, by: string, outcome: "done" | "refused" | "lost" | "late", note?: string): void {
    this.#truth.record(call.label, call.target, outcome, note, by);
  }

  #faultOf(label: string): CallFault | undefined {
    const counted = this.#calls.filter(({ fault }) => fault.label === label);
    for (const armed of counted) armed.left -= 1;
    const due = counted.find(({ left }) => left === 0);
    this.#calls = this.#calls.filter(({ left }) => left > 0);
    return due?.fault;
  }

  #isDoomed({ label, target }: Call): boolean {
    if (label !== "sink.write") return false;
    const counted = this.#targets.filter(({ fault }) => fault.target === target);
    for (const armed of counted) armed.left -= 1;
    const due = counted.some(({ left }) => left === 0);
    this.#targets = this.#targets.filter(({ left }) => left > 0);
    return due;
  }
}

/** What is answered before the vendor has done anything. */
function errorOf(fault: Extract<CallFault, { readonly kind: "refuse" | "busy" | "reset-before" }>, label: string) {
  if (fault.kind === "reset-before") return unanswered(label, "ConnectionLost");
  return fault.kind === "busy" ? busy(label, fault.status, fault.retryAfterMs) : answered(label, fault.status);
}

function withKeys(mishap: Mishap, keys: number | undefined): Mishap {
  return keys === undefined ? mishap : { ...mishap, most: keys };
}
