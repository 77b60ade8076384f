/** The root over chain heads: a Merkle tree as RFC 6962 makes it. Pure. */
import { createHash } from "node:crypto";

/** Where a chain ended. */
export interface Head {
  readonly chain: string;
  readonly seq: number;
  readonly hash: Buffer;
}

/** In the order that is given; the ledger gives them by chain. At least one. */
export function merkleRoot(heads: readonly Head[]): Buffer {
  return rootOf(heads.map(leafOf));
}

/** `{"chain":…,"hash":<hex>,"seq":…}`: canonical JSON, so that a verifier in any language can make it. */
function leafOf({ chain, seq, hash }: Head): Buffer {
  const text = JSON.stringify({ chain, hash: hash.toString("hex"), seq });
  return createHash("sha256").update(Buffer.of(0)).update(text).digest();
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) throw new RangeError("a root needs a leaf");
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return createHash("sha256")
    .update(Buffer.of(1))
    .update(rootOf(leaves.slice(0, split)))
    .update(rootOf(leaves.slice(split)))
    .digest();
}
