/** Sealed boxes: only GitHub can open them. */
import sodium from "libsodium-wrappers";
import type { Secret } from "../secret.ts";

const KEY_BYTES = 32;

/** Standard base64 with padding. Undefined where the public key is none. */
export async function seal(value: Secret, publicKey: string): Promise<string | undefined> {
  // oxlint-disable-next-line import/no-named-as-default-member -- what it can do stands on the default export only, once it is ready
  await sodium.ready;
  const key = Buffer.from(publicKey, "base64");
  if (key.length !== KEY_BYTES) return undefined;
  return Buffer.from(sodium.crypto_box_seal(value.revealBytes(), key)).toString("base64");
}
