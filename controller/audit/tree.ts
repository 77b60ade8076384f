/** A Merkle root as RFC 6962, section 2.1, has it, worked out leaf by leaf: it keeps one hash for each level. */
import { createHash } from "node:crypto";

export class Tree {
  /** Roots of full subtrees, the largest first. */
  readonly #peaks: { readonly leaves: number; readonly hash: Uint8Array }[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(text: string): void {
    this.#count++;
    let added = { leaves: 1, hash: digest(Buffer.of(0), Buffer.from(text, "utf8")) };
    for (let last = this.#peaks.at(-1); last?.leaves === added.leaves; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      added = { leaves: last.leaves * 2, hash: digest(Buffer.of(1), last.hash, added.hash) };
    }
    this.#peaks.push(added);
  }

  /** Hexadecimal; empty without leaves. */
  root(): string {
    const [last, ...others] = this.#peaks.map(({ hash }) => hash).toReversed();
    if (last === undefined) return "";
    return Buffer.from(others.reduce((right, left) => digest(Buffer.of(1), left, right), last)).toString("hex");
  }
}

/** What a chain's head is in a tree. */
export function leafText(chain: string, seq: number, hash: Uint8Array): string {
  return JSON.stringify({ chain, hash: Buffer.from(hash).toString("hex"), seq });
}

function digest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
