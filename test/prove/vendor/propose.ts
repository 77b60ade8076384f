/** What an adapter works out by itself, without asking the vendor. Pure but for `random`. */
import type { ProposeOrder } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { Secret } from "../../../adapters/secret.ts";
import type { Setup } from "../api.ts";
import { hasSlots } from "./issuers/kinds.ts";
import { idleSlot } from "./issuers/slots.ts";
import { refused } from "./refusals.ts";
import { fieldsOf, isPublic, maxLiveOf } from "./shape.ts";

/** Throws `Terminal` where no slot is free. */
export function propose(setup: Setup, { inventory, currentId, random }: ProposeOrder): SecretFields {
  const slot = hasSlots(setup)
    ? idleSlot(maxLiveOf(setup) ?? 2, inventory, currentId)
    : `name-${random(6).toString("hex")}`;
  if (slot === undefined) {
    throw refused("choose a slot", "SlotBusy", "No slot is free for the next value.", "Destroy the retired id.");
  }
  const fields = fieldsOf(setup).map(
    (field) => [field, isPublic(field) ? slot : random(24).toString("base64url")] as const,
  );
  return Object.fromEntries(fields.map(([field, text]) => [field, Secret.from(text)]));
}

/** The first character of what is secret becomes another one. */
export function mutate(value: SecretFields): SecretFields {
  const changed = Object.entries(value).map(([field, secret]) => {
    if (isPublic(field)) return [field, secret] as const;
    const text = secret.reveal();
    return [field, Secret.from(`${text.startsWith("0") ? "1" : "0"}${text.slice(1)}`)] as const;
  });
  return Object.fromEntries(changed);
}
