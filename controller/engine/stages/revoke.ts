/** The point of no return: a last look at every consumer and at the old credential, then exactly one id. */
import type { Cause } from "../../domain/backoff.ts";
import { hasSecondSlot } from "../../domain/slots.ts";
import type { AttemptRow, ConsumerRow, World } from "../../domain/world.ts";
import { liveAttempt, specOf } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { revokeKey } from "../end-key.ts";
import { previousValue } from "../value.ts";
import { dropOld } from "./drop.ts";
import { doneWith } from "./finish.ts";
import { lastLook, recordHeldBack } from "./last-look.ts";
import { endedRow, intent, recordRevokeFailed } from "./revoke-record.ts";

export async function revoke(pass: Pass, world: World, id: string | undefined, insist: boolean): Promise<void> {
  const attempt = liveAttempt(world);
  const wrong = guard(world, attempt, id);
  if (wrong || !attempt) return recordHeldBack(pass, wrong ?? { reason: "NothingMinted", message: "" });
  if (world.rotation.state !== "revoking" && !(await lastLook(pass, world, attempt, { id, insist }))) return;
  if (!(await dropOld(pass, world, id))) return;
  if (id === undefined) {
    await pass.journal.write((live, now) => doneWith(pass, world, live, { at: now, by: "velvet" }, []));
    return;
  }
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const performed = await effect(
    pass,
    { label: "issuer.revoke", attempt: attempt.id, intent: (live) => intent(live, world, id) },
    async (signal) => revokeKey(issuer, id, signal, () => previousValue(pass.deps, world)),
  );
  const { outcome } = performed;
  if (outcome.kind !== "done") return recordRevokeFailed(pass, id, outcome.cause, performed.effect);
  const left = hasDropped(world) ? [] : outcome.value;
  await pass.journal.write((live, now) => ({
    ...doneWith(pass, world, live, { at: now, by: "velvet" }, left),
    retired: [endedRow(world, id, left)],
    effects: performed.effect,
  }));
}

/** Nobody but the acceptors knew the old value, and every one of them has dropped it. */
function hasDropped(world: World): boolean {
  if (world.issuer.authority !== "acceptors") return false;
  const acceptors = world.consumers.filter((row) => specOf(world, row.id).role === "acceptor");
  return acceptors.length > 0 && acceptors.every((row) => row.touched && hasSecondSlot(world, row.id));
}

/** Invariant I4, once more, in code that knows nothing of how we came here. */
export function guard(world: World, attempt: AttemptRow | undefined, id: string | undefined): Cause | undefined {
  const stop = (reason: string, message: string): Cause => ({ reason, message, terminal: true });
  if (!attempt?.aliveAt) return stop("NothingMinted", "There is no proven new credential.");
  if (attempt.vendorId === id) return stop("OldIsNew", `${id} is the new credential itself: nothing is revoked.`);
  if (world.consumers.length === 0) return stop("NoConsumers", "Nobody proved that the new credential works.");
  const unproven = world.consumers.filter((row) => !isProven(row, attempt));
  if (unproven.length === 0) return undefined;
  return stop("ReceiptMissing", `No receipt of: ${unproven.map((row) => row.id).join(", ")}.`);
}

function isProven(row: ConsumerRow, attempt: AttemptRow): boolean {
  if (row.state === "skipped" || row.state === "inactive") return true;
  return row.state === "working" && row.facts.receipt?.attempt === attempt.id;
}
