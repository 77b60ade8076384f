/** The end of an abort: our own new credential goes, or stays where everybody works with it, and what is left is named. */
import type { Residual } from "../../../adapters/contract.ts";
import { isGivenUp } from "../../domain/abort.ts";
import { handedInId, where } from "../../domain/assisted.ts";
import { nextFailure, recovered } from "../../domain/backoff.ts";
import { CUSTODY } from "../../domain/consumers.ts";
import { isFoundDead } from "../../domain/ready-text.ts";
import { secondSlots } from "../../domain/slots.ts";
import type { AttemptRow, ConsumerRow, World } from "../../domain/world.ts";
import { everybody, liveAttempt } from "../../domain/world.ts";
import type { Change, RetiredPatch } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import { newValue } from "../value.ts";
import { endKey } from "../end-key.ts";
import { newBecomesCurrent, wiped } from "./finish.ts";

/** Ends our own new credential, which nobody holds any more. */
export async function revokeNew(pass: Pass, world: World, attempt: AttemptRow): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const id = idOfNew(world, attempt);
  if (id === undefined || id === world.rotation.facts.verify?.previousId) {
    return finishAbort(pass, world, false);
  }
  const intent = (): Change => ({ audit: { event: "RevokeNewIntended", vendorId: id } });
  const performed = await effect(pass, { label: "issuer.revokeNew", attempt: attempt.id, intent }, async (signal) =>
    endKey(issuer, id, signal, () => newValue(pass.deps, world, attempt)),
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

/** What a person handed in lives at the vendor, whether or not that has said whose it is. */
function idOfNew({ issuer }: World, attempt: AttemptRow | undefined): string | undefined {
  if (attempt === undefined || attempt.vendorId !== undefined) return attempt?.vendorId;
  return issuer.mintClass === "manual" ? handedInId(attempt.id) : undefined;
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
  const id = idOfNew(world, liveAttempt(world));
  if (keepNew) return previous === undefined ? [] : [{ vendorId: previous, state: "live", residual: [] }];
  return id === undefined ? [] : [{ vendorId: id, state: "live", residual: [] }];
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
            endBy(world, "Destroy it with DestroyRetired, or MarkRevoked."),
          ),
        ]),
    ...secondSlots(world).map((row) =>
      residual(
        "OldValueInSlot",
        `${row.id} still accepts the old credential, in its second slot.`,
        "Request another rotation, which replaces it there.",
      ),
    ),
    ...behind.map((row) =>
      residual("NotOnNew", `${row.id} was not proven to work with the new credential.`, "Request another rotation."),
    ),
  ];
}

function residualOfReturned(world: World): Residual[] {
  const id = idOfNew(world, liveAttempt(world));
  const { facts } = world.rotation;
  const ended = facts.verify?.previousId;
  const stuck = everybody(world).filter((row: ConsumerRow) => isGivenUp(row));
  return [
    ...(facts.revoked && ended !== undefined
      ? [residual("OldCredentialRevoked", `${ended} was ended, and there is no new one.`, BRING_BACK)]
      : deadBefore(world)),
    ...stuck.map((row) =>
      residual(
        "NotWrittenBack",
        `${row.id === CUSTODY ? "Custody" : row.id} may still hold the new credential.`,
        "Write the old value there by hand, or request another rotation.",
      ),
    ),
    ...(id === undefined
      ? madeUnseen(world)
      : [
          residual(
            "NewCredentialLive",
            `${id} is still live.${holdersText(world)}`,
            endBy(world, "Destroy it with DestroyRetired when nobody holds it any more, or MarkRevoked."),
          ),
        ]),
  ];
}

/** Custody is emptied, and consumers are given the old one back, before the new one is ended. */
function holdersText(world: World): string {
  const holders = everybody(world).filter((row) => row.touched && row.state !== "restored");
  const names = holders.map(({ id }) => (id === CUSTODY ? "custody" : id));
  return names.length === 0 ? " Nobody holds it." : ` It may be held by: ${names.join(", ")}.`;
}

/** What the consumers hold was dead before this rotation, and it leaves them with that. */
function deadBefore({ rotation }: World): Residual[] {
  if (rotation.expect !== "Dead" && !isFoundDead(rotation)) return [];
  const id = rotation.facts.verify?.previousId ?? "The credential in use";
  const message = `${id} is dead at the vendor, and is what the consumers still hold.`;
  return [residual("CredentialDead", message, "Request a rotation with expect: Dead.")];
}

/** Where no API ends it, a person does: and is told where. */
function endBy({ issuer, rotation }: World, byVelvet: string): string {
  if (issuer.revocation !== "manual") return byVelvet;
  const { assisted } = rotation.facts;
  const link = assisted?.revoke?.instructions?.link ?? assisted?.endLink;
  return `Nobody holds it: end it at the vendor, then say so with MarkRevoked.${where(link)}`;
}

/** Somebody was asked to make one, and nobody knows whether they have. */
function madeUnseen(world: World): Residual[] {
  const { assisted } = world.rotation.facts;
  if (!assisted?.mint || liveAttempt(world)) return [];
  const message = `A person was asked for a new credential ${assisted.mint.since}. If one was made, nobody holds it.`;
  return [residual("MadeUnseen", message, `Look at the vendor, and end it there.${where(assisted.endLink)}`)];
}

const BRING_BACK = "Bring it back with RestoreRetired where the vendor can, or request a rotation with expect: Dead.";

function residual(kind: string, message: string, remedy: string): Residual {
  return { kind, message, remedy };
}
