/** The install that tellings belong to, and its keys. */
import { Secret } from "../../../adapters/secret.ts";
import { publicKeyOf } from "../../../controller/custody/box.ts";
import { keyRing } from "../../../controller/custody/key.ts";

export const INSTALL = "proof";
export const KEYS = keyRing(Secret.from(Buffer.alloc(32, 7).toString("base64")));
/** What people seal to. */
export const SEALING_KEY = publicKeyOf(KEYS);
