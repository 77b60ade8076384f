/** Acceptors drop the old value from their second slot: everybody who sends has changed over. */
import type { Cause } from "../../domain/backoff.ts";
import { secondSlots } from "../../domain/slots.ts";
import type { World } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { emptySlots } from "../entries.ts";
import { holds } from "../value.ts";
import { ifVersion } from "./distribute.ts";
import { intent, recordRevokeFailed } from "./revoke-record.ts";

/** Idempotent. False: one of them could not be reached, and the revoke is tried again. */
export async function dropOld(pass: Pass, world: World, id: string | undefined): Promise<boolean> {
  const slots = secondSlots(world);
  if (slots.length === 0) return true;
  if (pass.journal.live.state !== "revoking") await pass.journal.write((live) => intent(live, world, id));
  const causes = await Promise.all(slots.map(async (row) => dropOne(pass, world, row.id)));
  const cause = causes.find((each) => each !== undefined);
  if (cause) await recordRevokeFailed(pass, id, cause);
  return cause === undefined;
}

async function dropOne(pass: Pass, world: World, id: string): Promise<Cause | undefined> {
  const sink = pass.deps.accounts.sink(world.rotation.snapshot, id);
  const entries = emptySlots(world, id);
  const names = Object.keys(entries);
  const seen = await ifVersion({ ...pass, id }, sink, names);
  if ("cause" in seen) return seen.cause;
  const spec = {
    label: "sink.drop",
    consumer: id,
    intent: (): Change => ({ audit: { event: "DropIntended", consumer: id } }),
  };
  const performed = await effect(pass, spec, async (signal) => {
    await sink.write({ keys: entries, ...seen }, signal);
    return sink.traits.grade === "value" ? sink.observe(names, signal) : undefined;
  });
  const { outcome, effect: effects } = performed;
  const differs = outcome.kind === "done" && outcome.value !== undefined && !holds(entries, outcome.value);
  const cause = outcome.kind === "done" ? (differs ? STILL_THERE : undefined) : outcome.cause;
  await pass.journal.write(() => ({
    audit: { event: cause ? "DropFailed" : "Dropped", consumer: id, ...(cause ? { reason: cause.reason } : {}) },
    effects,
  }));
  return cause;
}

const STILL_THERE: Cause = {
  reason: "ReadBackDiffers",
  message: "The target still holds the old credential in its second slot after it was emptied.",
};
