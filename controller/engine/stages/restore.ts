/** The way back: the old value to everybody who was touched. */
import type { Sink, Written } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure } from "../../domain/backoff.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import type { ConsumerRow, Instant, World } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import { rowOf } from "../consumer.ts";
import type { Deps } from "../deps.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import type { Live } from "../journal.ts";
import { stillUnsure, unsureFrom, unsureIfWriting } from "../unsure.ts";
import type { Entries } from "../value.ts";
import { entriesFor, holds, keysOf, previousValue } from "../value.ts";
import { allOf, ifVersion, unsettledCause } from "./distribute.ts";
import { liveConflict, slotEntries } from "./rehearsal-slots.ts";

export async function restore(pass: Pass, world: World, ids: readonly string[]): Promise<void> {
  const wanted = await oldPlaces(pass, world);
  await allOf(ids.map(async (id) => restoreOne(pass, world, id, wanted(id))));
}

type Wanted = { readonly entries: Entries } | { readonly cause: Cause };

/** What each place held before: the old value; of a rehearsal what stood in its test slot, unless that has become a live place. */
async function oldPlaces(pass: Pass, world: World): Promise<(id: string) => Wanted> {
  if (world.rotation.flow === "Testing") {
    const cause = await liveConflict(pass, world);
    return (id) => (cause ? { cause } : { entries: slotEntries(pass.deps, world, id) });
  }
  const previous = previousValue(pass.deps, world);
  return (id) => oldEntries(world, id, previous);
}

/** Writes the old value back, reads it again where that is possible, and waits until it is in effect: that is the receipt of an abort. */
async function restoreOne(pass: Pass, world: World, id: string, wanted: Wanted): Promise<void> {
  if ("cause" in wanted) return restoreFailed(pass, id, wanted.cause);
  const sink = pass.deps.accounts.sink(world.rotation.snapshot, id);
  const { facts } = rowOf(pass.journal.live, id);
  const back = { pass, id, sink, entries: wanted.entries };
  if (facts.failedAt === "settle-back" && facts.writtenBack) {
    return settleBack(back, facts.writtenBack, { begunAt: pass.journal.now(), effects: [] });
  }
  const seen = await ifVersion({ ...pass, id }, sink, Object.keys(wanted.entries));
  return "cause" in seen ? restoreFailed(pass, id, seen.cause) : writeBack(back, seen);
}

interface Back {
  readonly pass: Pass;
  readonly id: string;
  readonly sink: Sink;
  readonly entries: Entries;
}

interface WroteBack {
  readonly begunAt: Instant;
  readonly effects: NonNullable<Change["effects"]>;
}

async function writeBack({ pass, id, sink, entries }: Back, seen: { ifVersion?: string }): Promise<void> {
  const intent = (live: Live, now: Instant): Change => ({
    audit: { event: "WriteBackIntended", consumer: id },
    consumers: [restoring(pass.deps, rowOf(live, id), sink, now)],
  });
  const begunAt = pass.journal.now();
  const performed = await effect(pass, { label: "sink.restore", consumer: id, intent }, async (signal) => {
    const written = await sink.write({ keys: entries, ...seen }, signal);
    const observed = sink.traits.grade === "value" ? await sink.observe(Object.keys(entries), signal) : undefined;
    return { written, observed };
  });
  const { outcome, effect: effects } = performed;
  if (outcome.kind !== "done") {
    const facts = unsureFrom(pass.deps, outcome.kind, pass.journal.now());
    return restoreFailed(pass, id, outcome.cause, { effects, facts });
  }
  const { written, observed } = outcome.value;
  if (observed && !holds(entries, observed)) {
    const message = "The target does not hold the old credential after it was written back.";
    return restoreFailed(pass, id, { reason: "ReadBackDiffers", message }, { effects });
  }
  await settleBack({ pass, id, sink, entries }, written, { begunAt, effects });
}

/** A write that returned is not one that is in effect: until then the target may still take up the new value. */
async function settleBack({ pass, id, sink }: Back, written: Written, { begunAt, effects }: WroteBack): Promise<void> {
  const { outcome } = await effect(pass, { label: "sink.settle", consumer: id }, async (signal) =>
    sink.settle(written, signal),
  );
  const cause = outcome.kind === "done" ? unsettledCause(outcome.value) : outcome.cause;
  const rewrite = outcome.kind === "done" && outcome.value.state === "failed";
  if (cause) {
    const failedAt = rewrite ? "restore" : "settle-back";
    return restoreFailed(pass, id, cause, { effects, facts: { writtenBack: written, failedAt } });
  }
  await pass.journal.write((live) => ({
    audit: { event: "WrittenBack", consumer: id },
    consumers: [
      {
        ...rowOf(live, id),
        state: "restored",
        facts: stillUnsure(rowOf(live, id).facts, begunAt, sink.traits.conditional && written.changed),
      },
    ],
    effects,
  }));
}

/**
 * An earlier write, forward or back, that nobody recorded an outcome of may still land; and one that was answered may be made a second
 * time, by whoever stands between us and the sink.
 */
function restoring(deps: Deps, row: ConsumerRow, sink: Sink, now: Instant): ConsumerRow {
  const { facts } = unsureIfWriting(deps, withCopyOf(deps, row, sink), now);
  const doubt = facts.restoring === true ? unsureFrom(deps, "unknown", now) : {};
  const state = row.state === "writing" ? "failed" : row.state;
  return { ...row, state, facts: { ...facts, ...doubt, restoring: true } };
}

/** On the way forward a copy of a write changes nothing: it holds the same value. */
function withCopyOf(deps: Deps, row: ConsumerRow, sink: Sink): ConsumerRow {
  const { writtenAt, unsureUntil } = row.facts;
  if (sink.traits.conditional || writtenAt === undefined || unsureUntil !== undefined) return row;
  return { ...row, facts: { ...row.facts, ...unsureFrom(deps, "unknown", writtenAt) } };
}

/** Custody that was empty before is emptied again; an acceptor's second slot too. */
function oldEntries(world: World, id: string, previous: SecretFields | undefined): Wanted {
  const keys = keysOf(world.rotation.snapshot, id, world.issuer.fields);
  const empty = id === CUSTODY && world.rotation.facts.verify?.readFrom !== "custody";
  const { entries, missing } = entriesFor(keys, empty ? {} : (previous ?? {}));
  // Custody may have held only some of the fields; a consumer needs all of its own.
  if (missing.length > 0 && id !== CUSTODY) {
    const message = `The old credential has no field ${missing.join(", ")}.`;
    return { cause: { reason: "FieldMissing", message, terminal: true } };
  }
  const gone = keys.filter((key) => missing.includes(key.field)).map((key) => [key.name, null] as const);
  return { entries: { ...entries, ...Object.fromEntries(gone) } };
}

interface NotRestored {
  readonly effects?: Change["effects"];
  readonly facts?: ConsumerRow["facts"];
}

async function restoreFailed(pass: Pass, id: string, cause: Cause, carried: NotRestored = {}): Promise<void> {
  await pass.journal.write((live, now) => {
    const row = rowOf(live, id);
    const { restoring: _, failure: earlier, failedAt: step, ...facts } = row.facts;
    const failedAt = carried.facts?.failedAt ?? "restore";
    // Waiting for a release is no try of a write.
    const before = step === failedAt ? earlier : undefined;
    const failure = nextFailure(before, { ...cause, terminal: false }, now, pass.deps.jitter());
    return {
      audit: { event: "WriteBackFailed", consumer: id, reason: cause.reason, tries: failure.tries },
      consumers: [{ ...row, state: "failed", facts: { ...facts, ...carried.facts, failedAt, failure } }],
      effects: carried.effects ?? [],
    };
  });
}
