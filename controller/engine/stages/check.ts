/** Does this consumer work with the new credential? What a check proves decides whether it is a receipt. */
import type { CheckResult } from "../../../adapters/contract.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import type { Cause } from "../../domain/backoff.ts";
import type { Receipt } from "../../domain/world.ts";
import { specOf } from "../../domain/world.ts";
import { effect } from "../effect.ts";
import { newEntries } from "../entries.ts";
import { fieldsFrom, holds, keysOf } from "../value.ts";
import type { Carried, ConsumerPass } from "../consumer.ts";
import { fail, rowOf, withRow } from "../consumer.ts";

const DIFFERS = "ReadBackDiffers";

type Evidence = { readonly receipt: Omit<Receipt, "at" | "attempt"> } | { readonly cause: Cause };

/** `carried` is what was done just before and is recorded with the answer. */
export async function checkConsumer(pass: ConsumerPass, carried: Carried): Promise<boolean> {
  const evidence = await gather(pass);
  // What somebody else overwrote is written again, not only looked at again.
  if ("cause" in evidence) {
    return fail(pass, evidence.cause.reason === DIFFERS ? "write" : "check", evidence.cause, carried);
  }
  await pass.journal.write((live, now) => {
    const receipt: Receipt = { ...evidence.receipt, at: now, attempt: pass.attempt.id };
    const { writtenAt, changed } = carried.facts;
    return {
      audit: { event: "Receipt", consumer: pass.id, writtenAt, changed, ...receipt },
      ...withRow(live, now, { ...rowOf(live, pass.id), state: "working", facts: { ...carried.facts, receipt } }),
      effects: carried.effects,
    };
  });
  return true;
}

async function gather(pass: ConsumerPass): Promise<Evidence> {
  if (pass.id === CUSTODY) return readBack(pass, false);
  const check = specOf(pass.world, pass.id).check;
  if (check?.type !== "http" || check.account === undefined || check.endpoint === undefined)
    return readBack(pass, true);
  return probe(pass, check.account, check.endpoint);
}

async function probe(pass: ConsumerPass, account: string, endpoint: string): Promise<Evidence> {
  const check = pass.deps.accounts.check(pass.world.rotation.snapshot, account, endpoint);
  const { outcome } = await effect(pass, { label: "check.run", consumer: pass.id }, async (signal) =>
    check.run(pass.value, signal),
  );
  if (outcome.kind !== "done") return { cause: outcome.cause };
  const result = outcome.value;
  if (result.outcome !== "pass") return { cause: checkFailed(result) };
  if (check.proves === "credential") {
    return { receipt: { by: "check", proves: "credential", message: `${endpoint}: works with the new credential` } };
  }
  // That it is up says nothing of which credential it uses: only together with what it holds.
  const held = await readBack(pass, false);
  if ("cause" in held) return held;
  return { receipt: { by: "check", proves: "liveness", message: `${endpoint}: up, and holds the new credential` } };
}

function checkFailed(result: CheckResult): Cause {
  return {
    reason: result.outcome === "inconclusive" ? "CheckInconclusive" : "CheckFailed",
    message: result.message,
    retryAfterMs: result.retryAfterMs,
    remedy: "See why the consumer does not work with it; the old credential still works everywhere.",
  };
}

/** The place holds exactly what was written and, where `ask`, the vendor accepts what it holds. */
async function readBack(pass: ConsumerPass, ask: boolean): Promise<Evidence> {
  const { sink, id, world } = pass;
  if (sink.traits.grade !== "value") {
    return id === CUSTODY ? writtenOnly() : { cause: unreadable(sink.traits.grade) };
  }
  const keys = keysOf(world.rotation.snapshot, id, world.issuer.fields);
  const { entries } = newEntries(pass);
  const { outcome } = await effect(pass, { label: "sink.observe", consumer: id }, async (signal) =>
    sink.observe(Object.keys(entries), signal),
  );
  if (outcome.kind !== "done") return { cause: outcome.cause };
  if (!holds(entries, outcome.value)) {
    const message = "The target does not hold what was written: somebody else wrote it since.";
    return { cause: { reason: DIFFERS, message } };
  }
  if (!ask) return { receipt: { by: "read-back", proves: "value", message: "holds the new credential" } };
  return askVendor(pass, fieldsFrom(keys, outcome.value) ?? {});
}

async function askVendor(pass: ConsumerPass, held: ConsumerPass["value"]): Promise<Evidence> {
  const issuer = pass.deps.accounts.issuer(pass.world.rotation.snapshot);
  // Where the consumer holds only a part (a user name), the vendor is asked with the rest of the same value.
  const value = { ...pass.value, ...held };
  const { outcome } = await effect(pass, { label: "issuer.verify", consumer: pass.id }, async (signal) =>
    issuer.verify(value, signal),
  );
  if (outcome.kind !== "done") return { cause: outcome.cause };
  if (outcome.value.liveness === "alive" || outcome.value.liveness === "restricted") {
    return { receipt: { by: "read-back", proves: "value", message: "holds what the vendor accepts" } };
  }
  return { cause: { reason: "HeldValueRefused", message: outcome.value.message } };
}

function writtenOnly(): Evidence {
  return { receipt: { by: "read-back", proves: "liveness", message: "written; this sink cannot be read" } };
}

function unreadable(grade: string): Cause {
  return {
    reason: "CannotBeRead",
    message: `This sink shows ${grade === "none" ? "nothing" : `only ${grade}`}, which proves nothing of the value.`,
    remedy: "Give the consumer an http check that proves the credential, or confirm it with ConfirmConsumer.",
    terminal: true,
  };
}
