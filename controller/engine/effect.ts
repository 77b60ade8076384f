/** The only door to the outside: deadline, intent, outcome, fault injection. */
import type { AdapterError, ErrorFacts } from "../../adapters/errors.ts";
import { isAdapterError, OutcomeUnknown, Transient } from "../../adapters/errors.ts";
import type { Cause } from "../domain/backoff.ts";
import type { Instant } from "../domain/world.ts";
import type { Change, EffectPatch } from "../ledger/record.ts";
import { linked } from "./deadlines.ts";
import type { Deps } from "./deps.ts";
import type { Journal, Live } from "./journal.ts";

/** One pass over one claimed rotation. */
export interface Pass {
  readonly deps: Deps;
  readonly journal: Journal;
  /** Aborted when the claim is lost. */
  readonly signal: AbortSignal;
  /** Aborted when Velvet stops: nothing new is begun. */
  readonly stopping: AbortSignal;
}

/** `refused`: certainly without effect. `unknown`: it may have happened, or may still happen. */
export type Outcome<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused" | "unknown"; readonly cause: Cause };

/** `<role>.<verb>`, for example `issuer.mint`: named for traces, and for tests that crash here. */
export interface EffectSpec {
  readonly label: string;
  readonly attempt?: string;
  readonly consumer?: string;
  /** What is written before the call. Absent for what only looks. */
  readonly intent?: (live: Live, now: Instant) => Change;
}

export interface Performed<T> {
  readonly outcome: Outcome<T>;
  /** To be recorded with what the outcome means; absent where no intent was written. */
  readonly effect: readonly EffectPatch[];
}

/** Calls are given up below a third of the lease, so that a claim is never lost while one is under way. */
export function deadlineMs(leaseMs: number): number {
  return Math.floor(leaseMs * 0.3);
}

/**
 * A request that was given up can still land, as long as something between us and the vendor holds it: until so much later, measured
 * from when it was sent. What such a request could undo waits for that.
 */
export function landingMs(leaseMs: number): number {
  return leaseMs * 2;
}

/** Runs `work` once. Never throws what `work` throws: every failure is an outcome. Throws `Fenced` and database errors of the intent. */
export async function effect<T>(
  pass: Pass,
  spec: EffectSpec,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Performed<T>> {
  const { deps, journal } = pass;
  const limit = deadlineMs(deps.leaseMs);
  const intended: EffectPatch = {
    id: deps.uuid(),
    label: spec.label,
    deadlineMs: limit,
    ...(spec.attempt === undefined ? {} : { attempt: spec.attempt }),
    ...(spec.consumer === undefined ? {} : { consumer: spec.consumer }),
  };
  const begunAt = deps.clock.monotonicMs();
  const { intent } = spec;
  if (intent) {
    await journal.write((live, now) => {
      const change = intent(live, now);
      return { ...change, effects: [...(change.effects ?? []), intended] };
    });
  }
  const outcome = await call(deps, spec.label, pass.signal, work, begunAt);
  return { outcome, effect: intent ? [{ ...intended, ...outcomeColumns(outcome) }] : [] };
}

/**
 * One call to the outside, with its deadline. Never throws what `work` throws. `begunAt`: when what leads to it was decided, in
 * monotonic milliseconds; a replica that slept since then does not act on it any more.
 */
export async function call<T>(
  deps: Deps,
  label: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  begunAt = deps.clock.monotonicMs(),
): Promise<Outcome<T>> {
  if (deps.hook) await deps.hook(label, "before");
  const calledAt = deps.clock.monotonicMs();
  const outcome = overslept<T>(deps, label, begunAt) ?? (await attempt(deps, label, signal, work));
  const ms = Math.round(deps.clock.monotonicMs() - calledAt);
  deps.meter?.effectEnded(label, outcome.kind, ms);
  deps.log.debug({ effect: label, outcome: outcome.kind, ms, ...reasonOf(outcome) }, "a call ended");
  if (deps.hook) await deps.hook(label, "after");
  return outcome;
}

function reasonOf(outcome: Outcome<unknown>): { readonly reason?: string } {
  return outcome.kind === "done" ? {} : { reason: outcome.cause.reason };
}

/** By now another replica may have taken over: what was decided before is not done any more. Certainly without effect. */
function overslept<T>(deps: Deps, label: string, begunAt: number): Outcome<T> | undefined {
  if (deps.clock.monotonicMs() - begunAt <= deadlineMs(deps.leaseMs)) return undefined;
  return {
    kind: "refused",
    cause: { reason: "Overslept", message: `${label} was not begun in time, and is looked at again.` },
  };
}

async function attempt<T>(
  deps: Deps,
  label: string,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Outcome<T>> {
  const limit = deadlineMs(deps.leaseMs);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = () =>
    reject(
      new OutcomeUnknown(
        { reason: "DeadlineExceeded", message: `No answer to ${label} within ${limit} ms.` },
        { vendor: "velvet", operation: label },
      ),
    );
  using link = linked([outer, deps.timeout(limit)], stop);
  try {
    // An adapter that ignores its signal does not hold the claim.
    work(link.signal).then(resolve, reject);
    return { kind: "done", value: await promise };
  } catch (error) {
    return failed(deps, label, error);
  }
}

function failed<T>(deps: Deps, label: string, error: unknown): Outcome<T> {
  if (!isAdapterError(error)) {
    // An adapter's bug: its message may hold anything, so only its name is told.
    const name = error instanceof Error ? error.name : typeof error;
    deps.log.error({ effect: label, error: name }, "an adapter failed unexpectedly");
    const cause: Cause = {
      reason: "AdapterFault",
      message: `${label} failed in a way that its adapter does not know (${name}).`,
      remedy: "Report it with the adapter's name and this label.",
    };
    return { kind: "unknown", cause };
  }
  return { kind: error.name === "OutcomeUnknown" ? "unknown" : "refused", cause: causeOf(error) };
}

/** What an adapter's error means to the engine. */
export function causeOf(error: AdapterError): Cause {
  return {
    reason: error.reason,
    message: withFacts(error.message, error.facts),
    remedy: error.remedy,
    retryAfterMs: error instanceof Transient ? error.retryAfterMs : undefined,
    terminal: error.name === "Terminal",
  };
}

function withFacts(message: string, facts: ErrorFacts): string {
  const told = [facts.status, facts.code, facts.requestId].filter((fact) => fact !== undefined);
  return told.length > 0 ? `${message} [${told.join(", ")}]` : message;
}

function outcomeColumns(outcome: Outcome<unknown>): Pick<EffectPatch, "outcome" | "detail"> {
  if (outcome.kind === "done") return { outcome: "done" };
  return { outcome: outcome.kind, detail: { reason: outcome.cause.reason } };
}
