/** One call of an official client, once, and what its failure means. */
import type { AdapterError, ErrorFacts, ErrorText } from "../errors.ts";
import { isAdapterError, OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import type { Effect } from "../http-outcome.ts";
import { ofStatus } from "../http-outcome.ts";
import type { SendOptions } from "./handler.ts";
import { refusalOf } from "./refusals.ts";

export interface Wanted {
  /** As policies write it: `ssm:PutParameter`. */
  readonly action: string;
  /** What it is done to, by name: for people. Never a value. */
  readonly on: string;
  readonly effect: Effect;
}

/** What a vendor's refusal says: the short name of its error, and no more of it. */
export interface Refusal {
  /** Without the `Exception` that some of the services put behind it: `AccessDenied`, `ParameterNotFound`. */
  readonly name: string;
  readonly status: number;
  readonly requestId: string | undefined;
  /** Of a message about rights: which action lacks. */
  readonly action: string | undefined;
  /** The signature is refused because of the machine's clock, and not because of the key. */
  readonly isClock: boolean;
}

export type Outcome<Output> = { readonly output: Output } | { readonly refusal: Refusal };

export function factsOf({ action }: Pick<Wanted, "action">, refusal?: Refusal): ErrorFacts {
  if (refusal === undefined) return { vendor: "aws", operation: action };
  const { name, status, requestId } = refusal;
  return { vendor: "aws", operation: action, status, code: name, ...(requestId === undefined ? {} : { requestId }) };
}

/**
 * Sends, and returns what the vendor said, yes or no. Throws where it did not say anything that can be relied on. A client's error may
 * carry a body: nothing of it but a few short words ever leaves here.
 */
export async function ask<Output>(
  send: (options: SendOptions) => Promise<Output>,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Outcome<Output>> {
  try {
    return { output: await send({ effect: wanted.effect, signal, abortSignal: signal }) };
  } catch (error) {
    if (isAdapterError(error)) throw renamed(error, wanted);
    const refusal = readRefusal(error);
    if (refusal) return { refusal };
    throw notUnderstood(wanted, statusOf(error));
  }
}

/** As `ask`, where every refusal is an error. */
export async function call<Output>(
  send: (options: SendOptions) => Promise<Output>,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Output> {
  const outcome = await ask(send, wanted, signal);
  if ("output" in outcome) return outcome.output;
  throw errorOf(outcome.refusal, wanted);
}

/** The error for a refusal. Only what is documented is certainly a no: anything else may have taken effect, unless it only reads. */
export function errorOf(refusal: Refusal, wanted: Wanted): AdapterError {
  const facts = factsOf(wanted, refusal);
  const known = refusalOf(refusal, wanted);
  if (known?.later === true) return new Transient(known.text, facts);
  if (known) return new Terminal(known.text, facts);
  const general = ofStatus(refusal.status, wanted.effect, facts);
  return wanted.effect === "once" && general instanceof Terminal ? new OutcomeUnknown(textOf(general), facts) : general;
}

/** An answer that lacks what it must have. */
export function notUnderstood(wanted: Wanted, status?: number): AdapterError {
  const facts = { ...factsOf(wanted), ...(status === undefined ? {} : { status }) };
  const text = {
    reason: "AnswerNotUnderstood",
    message: `The answer to ${wanted.action} is not one of AWS.`,
    remedy: "Check that the VendorAccount's endpoint is the API and not a web page or a proxy.",
  };
  if (status !== undefined && status >= 300) {
    const general = ofStatus(status, wanted.effect, facts);
    if (general instanceof Transient) return general;
  }
  return wanted.effect === "none" ? new Terminal(text, facts) : new OutcomeUnknown(text, facts);
}

/** The same error under the vendor's name for what was done, and without what a client may have hung on it. */
function renamed(error: AdapterError, wanted: Wanted): AdapterError {
  const text = textOf(error);
  const facts = { ...error.facts, operation: wanted.action };
  if (error instanceof Transient) return new Transient(text, facts, error.retryAfterMs);
  return error instanceof Terminal ? new Terminal(text, facts) : new OutcomeUnknown(text, facts);
}

function textOf({ reason, message, remedy }: AdapterError): ErrorText {
  return { reason, message, ...(remedy === undefined ? {} : { remedy }) };
}

const SHORT_NAME = /^[A-Z][A-Za-z0-9]{2,63}$/;
/** What the client calls an error that it found no name for. */
const NAMELESS = /^(?:Error|TypeError|SyntaxError|Unknown|UnknownError)$/;

function readRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const status = statusOf(error);
  if (status === undefined || status < 300 || !SHORT_NAME.test(error.name) || NAMELESS.test(error.name))
    return undefined;
  const { requestId } = error.$metadata as { readonly requestId?: string };
  return {
    name: error.name.replace(/Exception$/, ""),
    status,
    requestId,
    action: /not authorized to perform: ([a-z0-9-]{1,32}:[A-Za-z]{1,64})/.exec(error.message)?.[1],
    isClock: /Signature (?:expired|not yet current)/.test(error.message),
  };
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  return (error.$metadata as { readonly httpStatusCode?: number } | undefined)?.httpStatusCode;
}
