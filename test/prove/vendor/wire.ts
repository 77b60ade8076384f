/** What crosses between an adapter and its fake vendor: plain JSON both ways, errors included, so that they may live in two processes. */
import type { AdapterError, ErrorFacts } from "../../../adapters/errors.ts";
import { isAdapterError, OutcomeUnknown, Terminal, Transient } from "../../../adapters/errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };
export type Args = Readonly<Record<string, unknown>>;

export interface WireError {
  readonly name: "Transient" | "Terminal" | "OutcomeUnknown";
  readonly reason: string;
  readonly message: string;
  readonly remedy?: string;
  readonly facts: ErrorFacts;
  readonly retryAfterMs?: number;
}

export type Reply = { readonly value?: unknown } | { readonly error: WireError };

/** Carries one call to the vendor. Rejects only when the carrier itself broke: then nobody knows what became of the call. */
export type Invoke = (method: string, args: Args, signal: AbortSignal) => Promise<Reply>;

/** Throws what is no adapter's error: that is a bug of the fake, and must be seen. */
export function toWire(error: unknown): WireError {
  if (!isAdapterError(error)) throw error;
  const { reason, message, remedy, facts } = error;
  const retryAfterMs = error instanceof Transient ? error.retryAfterMs : undefined;
  return {
    name: nameOf(error),
    reason,
    message,
    facts,
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function nameOf(error: AdapterError): WireError["name"] {
  if (error instanceof Transient) return "Transient";
  return error instanceof Terminal ? "Terminal" : "OutcomeUnknown";
}

export function fromWire(wire: WireError): AdapterError {
  const { reason, message, remedy, facts, retryAfterMs } = wire;
  const text = { reason, message, ...(remedy === undefined ? {} : { remedy }) };
  if (wire.name === "Transient") return new Transient(text, facts, retryAfterMs);
  return wire.name === "Terminal" ? new Terminal(text, facts) : new OutcomeUnknown(text, facts);
}

/** The value of a reply, or its error, thrown. */
export function unwrap(reply: Reply): unknown {
  if ("error" in reply) throw fromWire(reply.error);
  return reply.value;
}
