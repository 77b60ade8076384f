/**
 * What goes over the wire, for whoever listens: one word for each try of a request, on a channel of Node's own, so that no adapter need know
 * of a log. It says who was asked what and how that ended; never a URL, a header, a query or a body.
 */
import { channel } from "node:diagnostics_channel";
import type { ErrorFacts } from "./errors.ts";

export interface HttpTry {
  readonly vendor: string;
  /** Method and path with its places left open: `DELETE /authorizations/{id}`. */
  readonly operation: string;
  readonly ms: number;
  /** Of the answer, where there was one. */
  readonly status?: number;
  /** How it ended without an answer: `aborted`, `deadline`, `oversized` or a short code such as `ECONNRESET`. */
  readonly broken?: string;
  /** The request was sent before, and its connection was closed without an answer. */
  readonly again: boolean;
}

const TRIES = channel("velvet:http");

/** Costs nothing where nobody listens. */
export function tellTry({ vendor, operation }: ErrorFacts, how: () => Omit<HttpTry, "vendor" | "operation">): void {
  if (TRIES.hasSubscribers) TRIES.publish({ vendor, operation, ...how() } satisfies HttpTry);
}

/** Called in the context of whoever asked. Returns how to stop it. */
export function listenToTries(hear: (tried: HttpTry) => void): () => void {
  // Nobody else publishes here.
  const listener = (message: unknown): void => hear(message as HttpTry);
  TRIES.subscribe(listener);
  return () => {
    TRIES.unsubscribe(listener);
  };
}
