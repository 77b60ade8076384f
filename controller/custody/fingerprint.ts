import { createHmac } from "node:crypto";
import type { Secret, SecretFields } from "../../adapters/secret.ts";
import type { KeyRing, VersionedKey } from "./key.ts";
import { keyNamed } from "./key.ts";

/**
 * `hmac-sha256:<key id>:<16 bytes hex>` over `domain|credential uid|value`: the only trace of a value that is stored in clear.
 * Keyed, because a bare hash of a password can be guessed. `domain` keeps one field from being compared with another.
 */
export function fingerprint(ring: VersionedKey, domain: string, credential: string, value: Secret): string {
  const hmac = createHmac("sha256", ring.fingerprints);
  hmac.update(`${domain}|${credential}|`).update(value.revealBytes());
  return `hmac-sha256:${ring.id}:${hmac.digest("hex").slice(0, 32)}`;
}

/**
 * The same for the same value, whichever Credential holds it: for finding one that stands in two. In a domain of its own, keyed like all
 * of them, so that it tells whoever reads the ledger that two are equal, and nothing of what they are.
 */
export function sharedFingerprint(ring: KeyRing, value: Secret): string {
  return fingerprint(ring, "shared", "", value);
}

/** By field, and of the whole: the whole is over the sorted fields' own fingerprints, so that it needs no copy of the value. */
export function fingerprints(
  ring: VersionedKey,
  credential: string,
  value: SecretFields,
): { readonly whole: string; readonly fields: Readonly<Record<string, string>> } {
  const names = Object.keys(value).sort();
  const fields: Record<string, string> = {};
  const hmac = createHmac("sha256", ring.fingerprints).update(`whole|${credential}|`);
  for (const name of names) {
    const secret = value[name];
    if (!secret) continue;
    const print = fingerprint(ring, `field:${name}`, credential, secret);
    fields[name] = print;
    hmac.update(`${name}=${print};`);
  }
  return { whole: `hmac-sha256:${ring.id}:${hmac.digest("hex").slice(0, 32)}`, fields };
}

/** Whether a stored fingerprint of a whole is this value's, by the key that it names. False where that key is retired. */
export function isPrintOf(ring: KeyRing, stored: string, credential: string, value: SecretFields): boolean {
  const key = keyNamed(ring, stored.split(":")[1] ?? "");
  return key !== undefined && fingerprints(key, credential, value).whole === stored;
}
