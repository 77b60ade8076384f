/** The same value in two Credentials: who ends one of them ends the other. */
import type { SecretFields } from "../../adapters/secret.ts";
import { sharedFingerprint } from "../custody/fingerprint.ts";
import type { Seen } from "../domain/drift/kinds.ts";
import { AT_VENDOR } from "../domain/drift/kinds.ts";
import type { LookPass } from "./pass.ts";

/** What is shown to anybody anyhow (a user's name, a host) may well be the same. */
export async function sharedSeen(
  { deps, claim, traits, questions }: LookPass,
  value: SecretFields,
): Promise<readonly Seen[]> {
  const secret = Object.entries(value).filter(([field, held]) => !traits.publicFields.includes(field) && !held.isEmpty);
  const prints = secret.map(([field, held]) => ({ field, print: sharedFingerprint(deps.keys, held) }));
  // Usually nothing is new and nobody has the same, and that was known with the claim.
  if (!claim.isShared && prints.every(({ field, print }) => claim.shared[field] === print)) return [];
  const sharers = await questions.sharePrints({ credential: claim.credential, prints });
  if (sharers.length === 0) return [];
  // A team learns nothing of another one's names.
  const own = sharers.filter(({ namespace }) => namespace === claim.namespace).map(({ name }) => name);
  const strangers = sharers.length - own.length;
  const names = [...new Set(own), ...(strangers > 0 ? ["another namespace's"] : [])];
  const message = `Its value is the value of another Credential too: ${names.join(", ")}. Ending one ends both.`;
  const digest = sharers.map(({ namespace, name, field }) => `${namespace}/${name}/${field}`).join("|");
  return [{ place: AT_VENDOR, kind: "SharedValue", grade: "value", message, digest, details: { credentials: names } }];
}
