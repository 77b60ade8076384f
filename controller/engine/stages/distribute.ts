/** One consumer, from write to receipt, as far as it goes now. Consumers run side by side and never hide one another. */
import type { Settled, Sink, Written } from "../../../adapters/contract.ts";
import { isAdapterError } from "../../../adapters/errors.ts";
import type { Cause } from "../../domain/backoff.ts";
import type { ConsumerStep } from "../../domain/consumers.ts";
import { checkedByPerson, consumerStep } from "../../domain/consumers.ts";
import type { ConsumerRow, Instant, State, World } from "../../domain/world.ts";
import { liveAttempt } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import type { Carried, ConsumerPass } from "../consumer.ts";
import { fail, rowOf, SETTLING, withoutFailure, withRow } from "../consumer.ts";
import type { Pass, Performed } from "../effect.ts";
import { causeOf, effect } from "../effect.ts";
import type { Live } from "../journal.ts";
import { stillUnsure, unsureFrom, unsureIfWriting } from "../unsure.ts";
import type { Entries } from "../value.ts";
import { holds, newValue } from "../value.ts";
import { isVendorWritten, newEntries } from "../entries.ts";
import { checkConsumer } from "./check.ts";
import { guardSlot } from "./rehearsal-slots.ts";

export async function distribute(pass: Pass, world: World, ids: readonly string[]): Promise<void> {
  const attempt = liveAttempt(world);
  if (!attempt) throw new Error("nothing is minted to distribute");
  const value = newValue(pass.deps, world, attempt);
  await allOf(ids.map(async (id) => driveOne({ ...pass, world, id, attempt, value })));
}

/** Waits for all, whatever becomes of one: nobody goes on behind our back. Then throws what the first one threw. */
export async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(steps);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function driveOne(pass: Omit<ConsumerPass, "sink">): Promise<void> {
  const opened = openSink(pass);
  if ("cause" in opened) await fail(pass, "write", opened.cause);
  else await drive({ ...pass, sink: opened.sink });
}

/** An account that cannot be opened (its secret is not there) fails this consumer, and hides no other. */
function openSink({ deps, world, id }: Omit<ConsumerPass, "sink">): { sink: Sink } | { cause: Cause } {
  try {
    return { sink: deps.accounts.sink(world.rotation.snapshot, id) };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return { cause: causeOf(error) };
  }
}

async function drive(pass: ConsumerPass): Promise<void> {
  const byPerson = checkedByPerson(pass.world, pass.id);
  for (;;) {
    const row = rowOf(pass.journal.live, pass.id);
    const step = pass.stopping.aborted ? undefined : consumerStep(row, byPerson, pass.journal.now());
    if (!step) return;
    const went = await STEPS[step](pass, row);
    if (!went) return;
  }
}

/** Each returns false when it waits for another look later. */
const STEPS: Readonly<Record<ConsumerStep, (pass: ConsumerPass, row: ConsumerRow) => Promise<boolean>>> = {
  write,
  settle,
  check: async (pass, row) => checkConsumer(pass, { effects: [], facts: withoutFailure(row.facts) }),
};

async function write(pass: ConsumerPass): Promise<boolean> {
  const { sink, id, attempt } = pass;
  const { entries, missing } = newEntries(pass);
  if (missing.length > 0) {
    const message = `The credential has no field ${missing.join(", ")}.`;
    return fail(pass, "write", { reason: "FieldMissing", message, terminal: true });
  }
  if (isVendorWritten(pass.world, id)) return awaitVendor(pass, entries);
  const taken = await guardSlot(pass);
  if (taken) return fail(pass, "write", taken);
  const seen = await ifVersion(pass, sink, Object.keys(entries));
  if ("cause" in seen) return fail(pass, "write", seen.cause);
  const intent = (live: Live, now: Instant): Change => ({
    audit: { event: "WriteIntended", consumer: id, attempt: attempt.id },
    ...intentState(live),
    consumers: [{ ...unsureIfWriting(pass.deps, rowOf(live, id), now), state: "writing", touched: true }],
  });
  const begunAt = pass.journal.now();
  const performed = await effect(
    pass,
    { label: "sink.write", consumer: id, attempt: attempt.id, intent },
    async (signal) => sink.write({ keys: entries, ...seen }, signal),
  );
  return afterWrite(pass, performed, begunAt);
}

async function afterWrite(pass: ConsumerPass, performed: Performed<Written>, begunAt: Instant): Promise<boolean> {
  const { outcome, effect: effects } = performed;
  const writtenAt = pass.journal.now();
  const { facts } = rowOf(pass.journal.live, pass.id);
  if (outcome.kind !== "done") {
    const doubt = unsureFrom(pass.deps, outcome.kind, writtenAt);
    return fail(pass, "write", outcome.cause, { effects, facts: { ...facts, ...doubt } });
  }
  const { version, changed } = outcome.value;
  // Recorded together with what follows at once: until then the intent says that it may have been written.
  return settleThenCheck(pass, {
    effects,
    facts: {
      writtenAt,
      changed,
      ...(version === undefined ? {} : { version }),
      // Where it changed nothing, the earlier write of the same value has landed: on the way forward that is as good.
      ...stillUnsure(facts, begunAt, pass.sink.traits.conditional),
      ...wordOfAPerson(facts, pass.attempt.id),
    },
  });
}

/** A person's confirmation outlives a second write of the same value. */
function wordOfAPerson({ receipt }: ConsumerRow["facts"], attempt: string): Pick<ConsumerRow["facts"], "receipt"> {
  return receipt?.by === "person" && receipt.attempt === attempt ? { receipt } : {};
}

/** The vendor writes its own consumers: it is looked whether it has, and the rest is as after a write of ours. */
async function awaitVendor(pass: ConsumerPass, entries: Entries): Promise<boolean> {
  const { outcome } = await effect(pass, { label: "sink.observe", consumer: pass.id }, async (signal) =>
    pass.sink.observe(Object.keys(entries), signal),
  );
  if (outcome.kind !== "done") return fail(pass, "settle", outcome.cause);
  if (!holds(entries, outcome.value)) return fail(pass, "settle", NOT_YET);
  return settleThenCheck(pass, { effects: [], facts: { writtenAt: pass.journal.now(), changed: true } });
}

const NOT_YET: Cause = {
  reason: SETTLING,
  message: "The vendor has not written its consumer yet.",
  retryAfterMs: 2_000,
};

function intentState(live: Live): { state?: State } {
  return live.state === "minted" ? { state: "distributing" } : {};
}

/** What the target's version is now, so that a write that lands late cannot undo a later one. */
export async function ifVersion(
  pass: Pass & { readonly id: string },
  sink: Sink,
  names: readonly string[],
): Promise<{ ifVersion?: string } | { cause: Cause }> {
  if (!sink.traits.conditional) return {};
  const { outcome } = await effect(pass, { label: "sink.observe", consumer: pass.id }, async (signal) =>
    sink.observe(names, signal),
  );
  if (outcome.kind !== "done") return { cause: outcome.cause };
  return outcome.value.version === undefined ? {} : { ifVersion: outcome.value.version };
}

async function settle(pass: ConsumerPass, row: ConsumerRow): Promise<boolean> {
  if (isVendorWritten(pass.world, pass.id)) return write(pass);
  return settleThenCheck(pass, { effects: [], facts: withoutFailure(row.facts) });
}

async function settleThenCheck(pass: ConsumerPass, carried: Carried): Promise<boolean> {
  const { version, changed } = carried.facts;
  const written = { changed: changed ?? true, ...(version === undefined ? {} : { version }) };
  const { outcome } = await effect(pass, { label: "sink.settle", consumer: pass.id }, async (signal) =>
    pass.sink.settle(written, signal),
  );
  const unsettled = outcome.kind === "done" ? unsettledCause(outcome.value) : outcome.cause;
  if (unsettled) return fail(pass, "settle", unsettled, carried);
  if (!checkedByPerson(pass.world, pass.id)) return checkConsumer(pass, carried);
  const confirmed = carried.facts.receipt !== undefined;
  await pass.journal.write((live, now) => ({
    audit: { event: "Settled", consumer: pass.id },
    ...withRow(live, now, {
      ...rowOf(live, pass.id),
      state: confirmed ? "working" : "settled",
      facts: carried.facts,
    }),
    effects: carried.effects,
  }));
  return false;
}

export function unsettledCause(settled: Settled): Cause | undefined {
  if (settled.state === "settled") return undefined;
  if (settled.state === "failed") return { reason: settled.reason, message: settled.message };
  return { reason: SETTLING, message: settled.message, retryAfterMs: settled.retryAfterMs };
}
