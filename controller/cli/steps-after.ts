/** What a person can do once a rotation has ended: about what lives on of it, and what is to be asked for next. Pure. */
import { followUpOf } from "../domain/follow-up.ts";
import type { RotationView } from "../ledger/views.ts";
import type { NextStep } from "./next-steps.ts";

export const WHY = "--reason <why>";
export const TICKET = "--ticket <ticket>";

export function stepsAfter(view: RotationView): NextStep[] {
  const { rotation, retired } = view;
  const next = nextRequest(rotation);
  const mine = retired.filter((row) => row.rotation === rotation.id);
  return [...(next ? [next] : []), ...mine.flatMap((row) => stepsFor(rotation, row))];
}

/** Of the same Credential, which a person files as a manifest. */
export function requestCommand({ namespace, credentialName }: RotationView["rotation"], more = ""): string {
  return `velvet request rotate ${credentialName} -n ${namespace}${more} ${WHY}`;
}

function nextRequest(rotation: RotationView["rotation"]): NextStep | undefined {
  const { state, expect, facts, name } = rotation;
  const follow = followUpOf(rotation);
  if (follow) {
    const alive = follow.spec.expect === "Alive" ? " --expect Alive" : "";
    return { what: "give the consumers a new one", command: followUpCommand(rotation, name, alive) };
  }
  if (state === "mint_failed") {
    const same = expect === "Alive" ? "" : ` --expect ${expect}`;
    return { what: "request it again, once the cause is gone", command: requestCommand(rotation, same) };
  }
  if (facts.residual?.some(({ kind }) => kind === "CredentialDead" || kind === "OldCredentialRevoked")) {
    return { what: "have a new one issued", command: requestCommand(rotation, " --expect Dead") };
  }
  return undefined;
}

function followUpCommand({ namespace, credentialName }: RotationView["rotation"], name: string, alive: string): string {
  return `velvet request rotate ${credentialName} --after ${name} -n ${namespace}${alive} ${WHY}`;
}

function stepsFor(
  { namespace, credentialName }: RotationView["rotation"],
  { vendorId, state }: RotationView["retired"][number],
): NextStep[] {
  const credential = `${namespace}/${credentialName}`;
  const id = quoted(vendorId);
  const about = `${credential} ${id} ${TICKET} ${WHY}`;
  const destroy = { what: `end ${vendorId} for good`, command: `velvet destroy ${about}` };
  if (state === "quarantined") {
    return [{ what: `bring ${vendorId} back`, command: `velvet restore ${about}` }, destroy];
  }
  if (state !== "live" && state !== "restored") return [];
  const mark = {
    what: `say that you ended ${vendorId} at the vendor by hand`,
    command: `velvet mark-revoked --credential ${credential} --vendor-id ${id} ${TICKET} ${WHY}`,
  };
  return [destroy, mark];
}

/** A vendor's id may hold what a shell would take for its own. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
