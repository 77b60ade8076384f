import canonicalize from "canonicalize";
import { createHash } from "node:crypto";

/** SHA-256 over the canonical JSON of a spec, hex: by it the ledger knows a spec again, whoever writes it. Pure. */
export function specHash(spec: object): string {
  return createHash("sha256")
    .update(canonicalize(spec) ?? "")
    .digest("hex");
}
