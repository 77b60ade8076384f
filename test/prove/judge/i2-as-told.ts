/** I2, the other way round: what the ledger holds for true is so at the vendor, and custody holds the current one. */
import type { Violation } from "../api.ts";
import { CUSTODY, type Evidence } from "./evidence.ts";
import { isAtRest } from "./owners.ts";

export function asTold(evidence: Evidence): Violation[] {
  const { quiet = true } = evidence;
  if (!quiet) return [];
  const messages = [...notQuarantined(evidence), ...notInCustody(evidence)];
  return messages.map((message) => ({ invariant: "I2", message }));
}

/** Whoever wants it back must find it. A person may have ended it by hand. */
function notQuarantined({ fake, ledger }: Evidence): string[] {
  const there = new Set(fake.keys().map(({ id }) => id));
  const byHand = new Set(fake.history.flatMap(({ label, target }) => (label === "vendor.revoke" ? [target] : [])));
  return ledger.retired
    .filter(({ vendor_id, state }) => state === "quarantined" && !there.has(vendor_id) && !byHand.has(vendor_id))
    .filter(({ vendor_id }) => fake.ever().some(({ id }) => id === vendor_id))
    .map(({ vendor_id }) => `the ledger holds ${vendor_id} for quarantined, and the vendor has it no more`);
}

/** The next rotation begins with what custody holds. */
function notInCustody({ fake, ledger }: Evidence): string[] {
  const current = ledger.credentials[0]?.current_id ?? undefined;
  if (current === undefined || !isRotated(ledger) || isOverwritten(ledger)) return [];
  // Of what no vendor keeps there is no id to be found.
  if (!fake.ever().some(({ id }) => id === current)) return [];
  const held = fake.heldBy("custody");
  return held === current
    ? []
    : [`custody holds ${held ?? "nothing that is known"}, and ${current} is the current one`];
}

/** Somebody else wrote it since then, which is told. */
function isOverwritten({ findings }: Evidence["ledger"]): boolean {
  return findings.some(({ place, kind }) => place === CUSTODY && kind === "CustodyDiffers");
}

function isRotated(ledger: Evidence["ledger"]): boolean {
  return isAtRest(ledger) && ledger.rotations.at(-1)?.state === "done";
}
