/** Nobody but acceptors knows the value: each of them loses it, out of every slot that it could stand in. */
import type { Sink } from "../../../adapters/contract.ts";
import { isAdapterError } from "../../../adapters/errors.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure } from "../../domain/backoff.ts";
import type { Dropped } from "../../domain/revocation.ts";
import { onlySecondSlots, revocationOf, revocationState } from "../../domain/revocation.ts";
import type { ConsumerRow, World } from "../../domain/world.ts";
import { specOf } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import { rowOf, withoutFailure } from "../consumer.ts";
import type { Pass } from "../effect.ts";
import { causeOf, effect } from "../effect.ts";
import type { Live } from "../journal.ts";
import { ifVersion, unsettledCause } from "../stages/distribute.ts";
import type { Entries } from "../value.ts";

/** Side by side; one that fails hides no other. */
export async function dropValue(pass: Pass, world: World, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map(async (id) => dropOne(pass, world, id)));
}

async function dropOne(pass: Pass, world: World, id: string): Promise<void> {
  const { facts } = rowOf(pass.journal.live, id);
  const written = facts.dropped;
  const again = written === undefined || (written.settled && facts.unsureUntil !== undefined);
  const dropped = again ? await write(pass, world, id) : written;
  if (dropped && !dropped.settled) await settle(pass, world, id, dropped);
}

/** Undefined: not now. */
async function write(pass: Pass, world: World, id: string): Promise<Dropped | undefined> {
  const entries = emptyOf(world, id);
  const names = Object.keys(entries);
  const opened = opening(pass, world, id);
  if ("cause" in opened) return failed(pass, id, opened.cause);
  const seen = await ifVersion({ ...pass, id }, opened.sink, names);
  if ("cause" in seen) return failed(pass, id, seen.cause);
  const intent = (): Change => ({ audit: { event: "DropIntended", consumer: id } });
  const performed = await effect(pass, { label: "sink.drop", consumer: id, intent }, async (signal) =>
    opened.sink.write({ keys: entries, ...seen }, signal),
  );
  const { outcome, effect: effects } = performed;
  if (outcome.kind !== "done") return failed(pass, id, outcome.cause, effects);
  const { version, changed } = outcome.value;
  const dropped: Dropped = {
    at: pass.journal.now(),
    changed,
    settled: false,
    ...(version === undefined ? {} : { version }),
  };
  await pass.journal.write((live) => {
    const { unsureUntil, ...rest } = withoutFailure(rowOf(live, id).facts);
    // What could still land over this write is waited for, and the slot emptied once more.
    const doubt = unsureUntil !== undefined && unsureUntil > dropped.at ? { unsureUntil } : {};
    const row = { ...rowOf(live, id), touched: true, facts: { ...rest, ...doubt, dropped } };
    return { audit: { event: "Dropped", consumer: id, changed }, ...withRow(live, row), effects };
  });
  return dropped;
}

function opening({ deps }: Pass, world: World, id: string): { sink: Sink } | { cause: Cause } {
  try {
    return { sink: deps.accounts.sink(world.rotation.snapshot, id) };
  } catch (error) {
    if (isAdapterError(error)) return { cause: causeOf(error) };
    throw error;
  }
}

async function settle(pass: Pass, world: World, id: string, dropped: Dropped): Promise<void> {
  const { version, changed } = dropped;
  const written = { changed, ...(version === undefined ? {} : { version }) };
  const { outcome } = await effect(pass, { label: "sink.settle", consumer: id }, async (signal) =>
    pass.deps.accounts.sink(world.rotation.snapshot, id).settle(written, signal),
  );
  const cause = outcome.kind === "done" ? unsettledCause(outcome.value) : outcome.cause;
  const rewrite = outcome.kind === "done" && outcome.value.state === "failed";
  if (cause) {
    await failed(pass, id, cause, [], rewrite);
    return;
  }
  await pass.journal.write((live) => {
    const row = rowOf(live, id);
    const facts = { ...withoutFailure(row.facts), dropped: { ...dropped, settled: true } };
    return { audit: { event: "DropSettled", consumer: id }, ...withRow(live, { ...row, facts }) };
  });
}

function emptyOf(world: World, id: string): Entries {
  const names = specOf(world, id).keys.flatMap(({ name, previousKey }) => [
    ...(onlySecondSlots(world) ? [] : [name]),
    ...(previousKey === undefined ? [] : [previousKey]),
  ]);
  return Object.fromEntries(names.map((name) => [name, null]));
}

async function failed(
  pass: Pass,
  id: string,
  cause: Cause,
  effects: Change["effects"] = [],
  rewrite = false,
): Promise<undefined> {
  await pass.journal.write((live, now) => {
    const row = rowOf(live, id);
    const failure = nextFailure(row.facts.failure, cause, now, pass.deps.jitter());
    const { dropped, ...rest } = row.facts;
    const facts = { ...rest, ...(dropped && !rewrite ? { dropped } : {}), failure };
    return {
      audit: { event: "DropFailed", consumer: id, reason: cause.reason, tries: failure.tries },
      ...withRow(live, { ...row, facts }),
      effects,
    };
  });
  return undefined;
}

function withRow(live: Live, row: ConsumerRow): Pick<Change, "consumers" | "state"> {
  const rows = [...new Map(live.consumers).set(row.id, row).values()];
  return { consumers: [row], state: revocationState(revocationOf({ facts: live.facts }).ids ?? [], rows, true) };
}
