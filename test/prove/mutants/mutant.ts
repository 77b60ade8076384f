/** A protocol that is wrong on purpose: the real engine with one rule taken out. */
import type { Edit } from "./edit.ts";

export interface Mutant {
  /** In words with hyphens: `no-tombstone`. */
  readonly name: string;
  /** Which rule is gone, and what can come of it: one sentence. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  /** The layer that must notice. */
  readonly layer: "A" | "B" | "C" | "D" | "E" | "F" | "V";
  /** Narrows the layer to what concerns it, so that it is noticed soon. */
  readonly only?: string;
  /** A schedule that has noticed it before, and is told first. */
  readonly known?: string;
}
