/** The way back: the old value to everybody who was touched, then our own new credential ends. */
import type { Residual } from "../../../adapters/contract.ts";
import type { Secret, SecretFields } from "../../../adapters/secret.ts";
import { isGivenUp } from "../../domain/abort.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import type { AttemptRow, ConsumerRow, World } from "../../domain/world.ts";
import { everybody, liveAttempt } from "../../domain/world.ts";
import type { Change, RetiredPatch } from "../../ledger/record.ts";
import { rowOf } from "../consumer.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { entriesFor, holds, keysOf, previousValue } from "../value.ts";
import { allOf } from "./distribute.ts";
import { newBecomesCurrent, wiped } from "./finish.ts";

export async function restore(pass: Pass, world: World, ids: readonly string[]): Promise<void> {
  const previous = previousValue(pass.deps, world);
  await allOf(ids.map(async (id) => restoreOne(pass, world, id, previous)));
}

/** Writes the old value back and reads it again where that is possible: that is the receipt of an abort. */
async function restoreOne(pass: Pass, world: World, id: string, previous: SecretFields | undefined): Promise<void> {
  const entries = oldEntries(world, id, previous);
  if ("cause" in entries) return restoreFailed(pass, id, entries.cause);
  const names = Object.keys(entries.keys);
  const intent = (): Change => ({ audit: { event: "WriteBackIntended", consumer: id } });
  const performed = await effect(pass, { label: "sink.restore", consumer: id, intent }, async (signal) => {
    const sink = pass.deps.accounts.sink(world.rotation.snapshot, id);
    await sink.write({ keys: entries.keys }, signal);
    return sink.traits.grade === "value" ? sink.observe(names, signal) : undefined;
  });
  const { outcome } = performed;
  if (outcome.kind !== "done") return restoreFailed(pass, id, outcome.cause, performed.effect);
  if (outcome.value && previous && !holds(entries.held, outcome.value, previous)) {
    const message = "The target does not hold the old credential after it was written back.";
    return restoreFailed(pass, id, { reason: "ReadBackDiffers", message }, performed.effect);
  }
  await pass.journal.write((live) => ({
    audit: { event: "WrittenBack", consumer: id },
    consumers: [{ ...rowOf(live, id), state: "restored", facts: {} }],
    effects: performed.effect,
  }));
}

interface OldEntries {
  readonly keys: Record<string, Secret | null>;
  /** The keys that hold a value again. */
  readonly held: ReturnType<typeof keysOf>;
}

/** Custody that was empty before is emptied again. */
function oldEntries(world: World, id: string, previous: SecretFields | undefined): OldEntries | { cause: Cause } {
  const keys = keysOf(world.rotation.snapshot, id, world.issuer.fields);
  if (id === CUSTODY && world.rotation.facts.verify?.readFrom !== "custody") {
    return { keys: Object.fromEntries(keys.map((key) => [key.name, null])), held: [] };
  }
  const { entries, missing } = entriesFor(keys, previous ?? {});
  // Custody may have held only some of the fields; a consumer needs all of its own.
  if (missing.length === 0 || id === CUSTODY) {
    const held = keys.filter((key) => !missing.includes(key.field));
    const gone = keys.filter((key) => missing.includes(key.field)).map((key) => [key.name, null] as const);
    return { keys: { ...entries, ...Object.fromEntries(gone) }, held };
  }
  const message = `The old credential has no field ${missing.join(", ")}.`;
  return { cause: { reason: "FieldMissing", message, terminal: true } };
}

async function restoreFailed(pass: Pass, id: string, cause: Cause, effects: Change["effects"] = []): Promise<void> {
  await pass.journal.write((live, now) => {
    const row = rowOf(live, id);
    const before = row.facts.failedAt === "restore" ? row.facts.failure : undefined;
    const failure = nextFailure(before, { ...cause, terminal: false }, now, pass.deps.jitter());
    return {
      audit: { event: "WriteBackFailed", consumer: id, reason: cause.reason, tries: failure.tries },
      consumers: [{ ...row, state: "failed", facts: { ...row.facts, failure, failedAt: "restore" } }],
      effects,
    };
  });
}

/** Ends our own new credential, which nobody holds any more. */
export async function revokeNew(pass: Pass, world: World, attempt: AttemptRow): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const id = attempt.vendorId;
  if (id === undefined || id === world.rotation.facts.verify?.previousId) {
    return finishAbort(pass, world, false);
  }
  const intent = (): Change => ({ audit: { event: "RevokeNewIntended", vendorId: id } });
  const performed = await effect(pass, { label: "issuer.revokeNew", attempt: attempt.id, intent }, async (signal) => {
    const left = await issuer.revoke(id, signal);
    return [...left, ...(issuer.traits.revocation === "quarantine" ? await issuer.destroy(id, signal) : [])];
  });
  const { outcome } = performed;
  if (outcome.kind !== "done") {
    await pass.journal.write((live, now) => ({
      audit: { event: "RevokeNewFailed", vendorId: id, reason: outcome.cause.reason },
      facts: { ...live.facts, failure: nextFailure(live.facts.failure, outcome.cause, now, pass.deps.jitter()) },
      effects: performed.effect,
    }));
    return;
  }
  const { sealed: _, ...gone } = attempt;
  await pass.journal.write((live) => ({
    audit: { event: "NewRevoked", vendorId: id },
    facts: { ...recovered(live.facts), residual: [...(live.facts.residual ?? []), ...outcome.value] },
    attempts: [{ ...gone, state: "revoked", mintClass: world.issuer.mintClass, fingerprints: {} }],
    effects: performed.effect,
  }));
}

/** Ends the rotation, and names all that is still live and where. */
export async function finishAbort(pass: Pass, world: World, keepNew: boolean): Promise<void> {
  const expired = world.rotation.facts.abort === undefined;
  const residual = keepNew ? residualOfKept(world) : residualOfReturned(world);
  await pass.journal.write((live) => ({
    audit: { event: expired ? "Expired" : "Aborted", keepNew, residual },
    state: "aborted",
    facts: { ...recovered(live.facts), residual: [...(live.facts.residual ?? []), ...residual] },
    ...(keepNew ? newBecomesCurrent(pass, world) : { attempts: wiped(world) }),
    retired: retiredBy(world, keepNew),
    ended: true,
  }));
}

/** Whatever is still live at the vendor and not the current one keeps a row of its own. */
function retiredBy(world: World, keepNew: boolean): RetiredPatch[] {
  const previous = world.rotation.facts.verify?.previousId;
  const attempt = liveAttempt(world);
  if (keepNew) return previous === undefined ? [] : [{ vendorId: previous, state: "live", residual: [] }];
  return attempt?.vendorId === undefined ? [] : [{ vendorId: attempt.vendorId, state: "live", residual: [] }];
}

function residualOfKept(world: World): Residual[] {
  const previous = world.rotation.facts.verify?.previousId;
  const behind = world.consumers.filter((row) => row.state !== "working");
  return [
    ...(previous === undefined
      ? []
      : [
          residual(
            "OldCredentialLive",
            `${previous} is still live.`,
            "Destroy it with DestroyRetired, or MarkRevoked.",
          ),
        ]),
    ...behind.map((row) =>
      residual("NotOnNew", `${row.id} was not proven to work with the new credential.`, "Request another rotation."),
    ),
  ];
}

function residualOfReturned(world: World): Residual[] {
  const attempt = liveAttempt(world);
  const stuck = everybody(world).filter((row: ConsumerRow) => isGivenUp(row));
  return [
    ...stuck.map((row) =>
      residual(
        "NotWrittenBack",
        `${row.id === CUSTODY ? "Custody" : row.id} may still hold the new credential.`,
        "Write the old value there by hand, or request another rotation.",
      ),
    ),
    ...(attempt?.vendorId === undefined
      ? []
      : [
          residual(
            "NewCredentialLive",
            `${attempt.vendorId} is still live.`,
            "Destroy it when nobody holds it any more.",
          ),
        ]),
  ];
}

function residual(kind: string, message: string, remedy: string): Residual {
  return { kind, message, remedy };
}
