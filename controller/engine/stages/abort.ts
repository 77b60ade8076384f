/** The way back: the old value to everybody who was touched, then our own new credential ends. */
import type { Residual, Sink } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { isGivenUp } from "../../domain/abort.ts";
import type { Cause } from "../../domain/backoff.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import type { AttemptRow, ConsumerRow, Instant, World } from "../../domain/world.ts";
import { everybody, liveAttempt } from "../../domain/world.ts";
import type { Change, RetiredPatch } from "../../ledger/record.ts";
import { rowOf } from "../consumer.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import type { Deps } from "../deps.ts";
import { endKey } from "../end-key.ts";
import type { Live } from "../journal.ts";
import { stillUnsure, unsureFrom, unsureIfWriting } from "../unsure.ts";
import type { Entries } from "../value.ts";
import { entriesFor, holds, keysOf, previousValue } from "../value.ts";
import { allOf, ifVersion } from "./distribute.ts";
import { newBecomesCurrent, wiped } from "./finish.ts";

export async function restore(pass: Pass, world: World, ids: readonly string[]): Promise<void> {
  const previous = previousValue(pass.deps, world);
  await allOf(ids.map(async (id) => restoreOne(pass, world, id, previous)));
}

/** Writes the old value back and reads it again where that is possible: that is the receipt of an abort. */
async function restoreOne(pass: Pass, world: World, id: string, previous: SecretFields | undefined): Promise<void> {
  const wanted = oldEntries(world, id, previous);
  if ("cause" in wanted) return restoreFailed(pass, id, wanted.cause);
  const sink = pass.deps.accounts.sink(world.rotation.snapshot, id);
  const names = Object.keys(wanted.entries);
  const seen = await ifVersion({ ...pass, id }, sink, names);
  if ("cause" in seen) return restoreFailed(pass, id, seen.cause);
  const intent = (live: Live, now: Instant): Change => ({
    audit: { event: "WriteBackIntended", consumer: id },
    consumers: [restoring(pass.deps, rowOf(live, id), sink, now)],
  });
  const begunAt = pass.journal.now();
  const performed = await effect(pass, { label: "sink.restore", consumer: id, intent }, async (signal) => {
    await sink.write({ keys: wanted.entries, ...seen }, signal);
    return sink.traits.grade === "value" ? sink.observe(names, signal) : undefined;
  });
  const { outcome, effect: effects } = performed;
  if (outcome.kind !== "done") {
    return restoreFailed(pass, id, outcome.cause, {
      effects,
      facts: unsureFrom(pass.deps, outcome.kind, sink, pass.journal.now()),
    });
  }
  if (outcome.value && !holds(wanted.entries, outcome.value)) {
    const message = "The target does not hold the old credential after it was written back.";
    return restoreFailed(pass, id, { reason: "ReadBackDiffers", message }, { effects });
  }
  await pass.journal.write((live) => ({
    audit: { event: "WrittenBack", consumer: id },
    consumers: [{ ...rowOf(live, id), state: "restored", facts: stillUnsure(rowOf(live, id).facts, begunAt) }],
    effects,
  }));
}

/** An earlier write, forward or back, that nobody recorded an outcome of may still land. */
function restoring(deps: Deps, row: ConsumerRow, sink: Sink, now: Instant): ConsumerRow {
  const begun = row.facts.restoring === true && row.state !== "restored" && row.facts.failedAt !== "restore";
  const doubt = begun ? unsureFrom(deps, "unknown", sink, now) : {};
  const { facts } = unsureIfWriting(deps, row, sink, now);
  const { failedAt: _, ...rest } = facts;
  return {
    ...row,
    state: row.state === "writing" ? "failed" : row.state,
    facts: { ...rest, ...doubt, restoring: true },
  };
}

/** Custody that was empty before is emptied again; an acceptor's second slot too. */
function oldEntries(
  world: World,
  id: string,
  previous: SecretFields | undefined,
): { entries: Entries } | { cause: Cause } {
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
    const failure = nextFailure(row.facts.failure, { ...cause, terminal: false }, now, pass.deps.jitter());
    return {
      audit: { event: "WriteBackFailed", consumer: id, reason: cause.reason, tries: failure.tries },
      consumers: [{ ...row, state: "failed", facts: { ...row.facts, ...carried.facts, failure, failedAt: "restore" } }],
      effects: carried.effects ?? [],
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
  const performed = await effect(pass, { label: "issuer.revokeNew", attempt: attempt.id, intent }, async (signal) =>
    endKey(issuer, id, signal),
  );
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
  const { facts } = world.rotation;
  const ended = facts.verify?.previousId;
  const stuck = everybody(world).filter((row: ConsumerRow) => isGivenUp(row));
  return [
    ...(facts.revoked && ended !== undefined
      ? [residual("OldCredentialRevoked", `${ended} was ended, and there is no new one.`, BRING_BACK)]
      : []),
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

const BRING_BACK = "Bring it back with RestoreRetired where the vendor can, or request a rotation with expect: Dead.";

function residual(kind: string, message: string, remedy: string): Residual {
  return { kind, message, remedy };
}
