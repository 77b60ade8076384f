/** Which keys have signed, and who signs now. Pure. */
import type { CheckpointKey } from "../custody/checkpoint-key.ts";
import { type Checkpoint, isSignedBy, type Signer } from "./statement.ts";

/** Who signs the next checkpoint. */
export interface Signing extends CheckpointKey {
  readonly origin: string;
  /** This is the last one that the key signs: it names the one that follows. */
  readonly nextKey?: string;
}

/** The keys of this ledger, the first one first. `broken`: one of them was not named by the one before it. */
export function keysOf(
  first: string,
  handovers: readonly Checkpoint[],
): { readonly keys: readonly string[]; readonly broken: boolean } {
  const keys = [first];
  for (const handover of handovers) {
    const { nextKey } = handover.statement;
    if (nextKey === undefined || !isSignedBy(keys.at(-1) ?? "", handover)) return { keys, broken: true };
    keys.push(nextKey);
  }
  return { keys, broken: false };
}

/** The key under the last checkpoint: that of now, unless it is the one that named it. */
export function keyUnder(last: Checkpoint, keys: readonly string[]): string {
  return keys.at(last.statement.nextKey === undefined ? -1 : -2) ?? "";
}

/** Undefined: this replica still has a key that was replaced; others sign. */
export function signingNow(keys: readonly string[], signer: Signer): Signing | undefined {
  const now = keys.at(-1);
  if (now === undefined || now === signer.key) return signer;
  if (keys.includes(signer.key)) return undefined;
  const old = signer.before.find(({ key }) => key === now);
  return old && { origin: signer.origin, nextKey: signer.key, key: old.key, sign: (statement) => old.sign(statement) };
}
