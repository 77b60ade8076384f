/** Rehearsal: the proof that nothing of the throwaway is left. */
import type { SecretFields } from "../../../adapters/secret.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import type { ConsumerRow, World } from "../../domain/world.ts";
import { everybody } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { newValue } from "../value.ts";
import { notYet, rehearsalIn } from "./rehearsal-removal.ts";
import { namesIn } from "./rehearsal-slots.ts";

/** The vendor does not list it, does not accept it, and no slot holds it. */
export async function proveGone(pass: Pass, world: World): Promise<void> {
  const { ended } = world.rotation.facts.rehearsal ?? {};
  const attempt = world.attempts.find(({ id }) => id === ended?.attempt);
  const value = attempt?.sealed === undefined ? undefined : newValue(pass.deps, world, attempt);
  const vendor = ended && value ? await goneAtVendor(pass, world, ended.vendorId, value) : NOTHING_MADE;
  const slots = "cause" in vendor ? undefined : await goneFromSlots(pass, world, value);
  const found = "cause" in vendor ? vendor.cause : slots;
  await pass.journal.write((live, now) => {
    if (found || "cause" in vendor) return notYet(pass, live, { event: "NotProvenGone" }, found ?? UNKNOWN);
    const gone = { at: now, message: `${vendor.message} ${slotsTold(world)}` };
    return {
      audit: { event: "ProvenGone", ...gone },
      facts: { ...recovered(live.facts), rehearsal: { ...rehearsalIn(live.facts), gone } },
    };
  });
}

function slotsTold(world: World): string {
  const left = everybody(world).filter((row) => row.touched && row.state !== "restored");
  if (left.length === 0) return "No test slot holds it.";
  return `Not put back: ${left.map(({ id }) => (id === CUSTODY ? "custody" : id)).join(", ")}.`;
}

type Told = { readonly message: string } | { readonly cause: Cause };

const NOTHING_MADE: Told = { message: "Nothing was made at the vendor." };
const UNKNOWN: Cause = { reason: "ThrowawayNotGone", message: "It is not known whether the throwaway is gone." };

async function goneAtVendor(pass: Pass, world: World, id: string, value: SecretFields): Promise<Told> {
  if (world.issuer.authority === "acceptors") return { message: "No vendor keeps it." };
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const { outcome } = await effect(pass, { label: "issuer.list" }, async (signal) => issuer.list(signal));
  if (outcome.kind !== "done") return { cause: outcome.cause };
  if (outcome.value.some((key) => key.id === id)) return { cause: stillThere(`The vendor still lists ${id}.`) };
  // A wrong value could lock the right one out.
  if (!world.issuer.negativeControl) return { message: `The vendor does not list ${id} any more.` };
  const probe = await effect(pass, { label: "issuer.verify" }, async (signal) => issuer.verify(value, signal));
  if (probe.outcome.kind !== "done") return { cause: probe.outcome.cause };
  const { liveness, message, retryAfterMs } = probe.outcome.value;
  if (liveness !== "dead") return { cause: { ...stillThere(`${id} is ${liveness}: ${message}`), retryAfterMs } };
  return { message: `The vendor does not list ${id} any more, and refuses its value.` };
}

function stillThere(message: string): Cause {
  return { reason: "ThrowawayNotGone", message };
}

/** A late write of ours that is found in a slot sends it back to be put back once more. */
async function goneFromSlots(pass: Pass, world: World, value: SecretFields | undefined): Promise<Cause | undefined> {
  const touched = everybody(world).filter((row) => row.touched && row.state === "restored");
  const causes = await Promise.all(touched.map(async (row) => goneFromSlot(pass, world, row, value)));
  return causes.find((cause) => cause !== undefined);
}

async function goneFromSlot(
  pass: Pass,
  world: World,
  row: ConsumerRow,
  value: SecretFields | undefined,
): Promise<Cause | undefined> {
  const sink = pass.deps.accounts.sink(world.rotation.snapshot, row.id);
  const { outcome } = await effect(pass, { label: "sink.observe", consumer: row.id }, async (signal) =>
    sink.observe(namesIn(world, row.id), signal),
  );
  if (outcome.kind !== "done") return outcome.cause;
  const open = new Set(world.issuer.publicFields);
  const ours = Object.entries(value ?? {}).filter(([field]) => !open.has(field));
  const held = Object.values(outcome.value.keys).filter(({ present }) => present);
  const isHeld = held.some(({ value: here }) => here && ours.some(([, secret]) => secret.equals(here)));
  const isHidden = held.some(({ value: here }) => here === undefined);
  if (!isHeld && !isHidden) return undefined;
  const cause = stillThere(`${row.id === CUSTODY ? "Custody" : row.id} still has a key of the throwaway.`);
  await pass.journal.write((live, now) => ({
    audit: { event: "SlotNotBack", consumer: row.id },
    facts: live.facts,
    consumers: [
      {
        ...row,
        state: "failed",
        facts: { failedAt: "restore", failure: nextFailure(row.facts.failure, cause, now, 0) },
      },
    ],
  }));
  return cause;
}
