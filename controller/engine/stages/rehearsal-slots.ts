/** Rehearsal: what stands in the test slots before, and the guard that no live place is ever among them. */
import type { Observed } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { seal, unseal } from "../../custody/seal.ts";
import type { SealScope } from "../../custody/seal.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import { conflictOf, livePlaces, rehearsedPlaces } from "../../domain/rehearsal-places.ts";
import type { World } from "../../domain/world.ts";
import { everybody } from "../../domain/world.ts";
import { readNeighbours } from "../../ledger/live-places.ts";
import type { ConsumerPass } from "../consumer.ts";
import { rowOf } from "../consumer.ts";
import type { Deps } from "../deps.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import type { Entries } from "../value.ts";
import { holds, keysOf, previousValue } from "../value.ts";

/** Before anything is made: every slot is looked at, and what is in it is sealed. */
export async function saveSlots(pass: Pass, world: World): Promise<void> {
  const seen = (await liveConflict(pass, world)) ?? (await lookAtSlots(pass, world));
  await pass.journal.write((live, now) => {
    const { rehearsal } = live.facts;
    if ("reason" in seen || !rehearsal) {
      const cause = "reason" in seen ? seen : { reason: "NothingToRehearse", message: "It is no rehearsal." };
      return {
        audit: { event: "SlotsRefused", reason: cause.reason },
        facts: { ...live.facts, failure: nextFailure(live.facts.failure, cause, now, pass.deps.jitter()) },
      };
    }
    const { held, values } = seen;
    return {
      audit: { event: "SlotsSaved", held },
      facts: { ...recovered(live.facts), rehearsal: { ...rehearsal, slots: { at: now, held } } },
      sealedSlots: seal(pass.deps.keys, scopeOf(pass.deps, world), values),
    };
  });
}

interface Slots {
  /** Names of keys that are there, by consumer. */
  readonly held: Readonly<Record<string, readonly string[]>>;
  readonly values: SecretFields;
}

async function lookAtSlots(pass: Pass, world: World): Promise<Slots | Cause> {
  const ids = everybody(world).map(({ id }) => id);
  const looks = await Promise.all(ids.map(async (id) => lookAt(pass, world, id)));
  const held: Record<string, readonly string[]> = {};
  const values: Record<string, SecretFields[string]> = {};
  for (const [index, id] of ids.entries()) {
    const look = looks[index];
    const cause = look === undefined || "reason" in look ? look : slotCause(pass.deps, world, id, look);
    if (cause) return cause;
    const present = Object.entries(look && "keys" in look ? look.keys : {}).filter(([, { present: is }]) => is);
    held[id] = present.map(([name]) => name);
    for (const [name, { value }] of present) if (value) values[nameOf(id, name)] = value;
  }
  return { held, values };
}

async function lookAt(pass: Pass, world: World, id: string): Promise<Observed | Cause> {
  const sink = pass.deps.accounts.sink(world.rotation.snapshot, id);
  const { outcome } = await effect(pass, { label: "sink.observe", consumer: id }, async (signal) =>
    sink.observe(namesIn(world, id), signal),
  );
  return outcome.kind === "done" ? outcome.value : outcome.cause;
}

/** What may stand in a slot: nothing, or what can be read, and so put back; never the credential in use. */
function slotCause(deps: Deps, world: World, id: string, { keys }: Observed): Cause | undefined {
  const here = Object.entries(keys).filter(([, { present }]) => present);
  const hidden = here.find(([, { value }]) => value === undefined);
  const slot = id === CUSTODY ? "Custody's rehearsal place" : `The test slot of ${id}`;
  if (hidden) {
    return {
      reason: "TestSlotOccupied",
      message: `${slot} has a key ${hidden[0]} already, whose value cannot be read: it could not be put back.`,
      remedy: "Remove it there, or name another slot; then request the rehearsal again.",
      terminal: true,
    };
  }
  const open = new Set(world.issuer.publicFields);
  const used = Object.entries(previousValue(deps, world) ?? {}).filter(([field]) => !open.has(field));
  const same = here.find(([, { value }]) => value && used.some(([, secret]) => secret.equals(value)));
  return (
    same &&
    touchesLive(`${slot} holds the credential in use, in its key ${same[0]}: it is live, or a copy that nobody needs.`)
  );
}

/**
 * The last word before anything is written: by the ledger as it is now, no place of this rehearsal is a live one of any Credential. Undefined:
 * none is.
 */
export async function liveConflict(pass: Pass, world: World): Promise<Cause | undefined> {
  const { snapshot } = world.rotation;
  const { registry } = pass.deps.accounts;
  const { namespace, name, spec } = snapshot.credential;
  const adapters = Object.values(snapshot.accounts).map((account) => account.spec.adapter);
  const neighbours = await readNeighbours(pass.deps.db, [...new Set(adapters)]);
  const own = snapshot.live ? [{ namespace, name, spec: snapshot.live }] : [];
  const live = [...own, ...neighbours].flatMap((each) => livePlaces(each, registry));
  // Without the spec that is live nothing can be told apart.
  if (own.length === 0) return touchesLive("The rehearsal does not know which of its places are live.");
  const conflict = conflictOf(rehearsedPlaces({ namespace, name, spec }, registry), live, []);
  return conflict && touchesLive(conflict.message);
}

function touchesLive(message: string): Cause {
  return {
    reason: "RehearsalTouchesLive",
    message,
    remedy: "Give the consumer a test slot of its own, then request the rehearsal again.",
    terminal: true,
  };
}

/** Before each write of a slot. Undefined: it may be written. */
export async function guardSlot(pass: ConsumerPass): Promise<Cause | undefined> {
  const { world, id } = pass;
  if (world.rotation.flow !== "Testing") return undefined;
  const conflict = await liveConflict(pass, world);
  if (conflict || rowOf(pass.journal.live, id).touched) return conflict;
  if (!world.rotation.facts.rehearsal?.slots) return notSaved();
  if (pass.sink.traits.grade !== "value") return undefined;
  const seen = await lookAt(pass, world, id);
  if ("reason" in seen) return seen;
  return holds(slotEntries(pass.deps, world, id), seen) ? undefined : changedSince();
}

function notSaved(): Cause {
  return {
    reason: "SlotNotSaved",
    message: "What stood in the slot before is not known, so it is not written.",
    terminal: true,
  };
}

function changedSince(): Cause {
  return {
    reason: "TestSlotChanged",
    message: "Somebody wrote the test slot after it was looked at: what they wrote could not be put back.",
    remedy: "Leave the slot alone while it is rehearsed: abort, and request the rehearsal again.",
    terminal: true,
  };
}

/** What each key of a slot held before: null where it was not there. Throws `Unsealable`. */
export function slotEntries(deps: Deps, world: World, id: string): Entries {
  const held = world.rotation.facts.rehearsal?.slots?.held[id] ?? [];
  const saved = savedValues(deps, world);
  return Object.fromEntries(
    namesIn(world, id).map((name) => [name, held.includes(name) ? (saved[nameOf(id, name)] ?? null) : null]),
  );
}

function savedValues(deps: Deps, world: World): SecretFields {
  const { sealedSlots } = world.rotation;
  if (sealedSlots === undefined) return {};
  return unseal(deps.keys, scopeOf(deps, world), Buffer.from(sealedSlots, "base64"));
}

export function namesIn(world: World, id: string): readonly string[] {
  return keysOf(world.rotation.snapshot, id, world.issuer.fields).map(({ name }) => name);
}

/** No key name has a line break. */
function nameOf(id: string, key: string): string {
  return `${id}\n${key}`;
}

function scopeOf({ install }: Deps, { rotation }: World): SealScope {
  return { install, credential: rotation.credential, attempt: rotation.id, purpose: "slots" };
}
