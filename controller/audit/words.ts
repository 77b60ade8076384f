/**
 * Whether what stands beside the chains is what they have the hashes of: names of people, and what they wrote. What was erased must be said
 * by a row of the install's chain; anything else that is gone or different was tampered with. Independent, like `chain.ts`.
 */
import { createHash } from "node:crypto";
import type { Members } from "./chain.ts";

/** A name with its salt; without both it was erased. */
export interface StoredActor {
  /** Hexadecimal. */
  readonly id: string;
  readonly salt?: string;
  readonly name?: string;
}

/** A text beside an audit row, for its member `field`. */
export interface StoredWords {
  readonly field: string;
  /** Hexadecimal. */
  readonly salt?: string | null;
  readonly text?: string | null;
}

export type WordsFaultKind =
  | "WordsEdited" // the text is not the one that was hashed
  | "WordsMissing" // the text is gone, and not as erased ones are
  | "WordsInserted" // no audit row knows of this text
  | "ErasedUnsaid"; // erased, and no audit row says so

export interface WordsFault {
  readonly chain: string;
  readonly seq: number;
  readonly kind: WordsFaultKind;
  readonly message: string;
}

type Place = Pick<WordsFault, "chain" | "seq"> & { readonly field: string };

/** What a member of a row points to: `{"words": <hash>}` or `{"actor": <hash>}`. */
export function pointerOf(value: unknown): { readonly kind: "words" | "actor"; readonly hash: string } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const [[kind, hash] = [], ...others] = Object.entries(value);
  if (others.length > 0 || typeof hash !== "string" || (kind !== "words" && kind !== "actor")) return undefined;
  return { kind, hash };
}

export function wordsPlace({ chain, seq, field }: Place): string {
  return `${chain} ${seq} ${field}`;
}

/** Actors first, then rows of whole chains. Keeps one entry for each person and each erased text. */
export class WordsCheck {
  readonly #actors = new Map<string, "known" | "erased" | "edited">();
  readonly #erased = new Map<string, Place>();
  readonly #said = new Set<string>();
  readonly #faults = new Map<string, WordsFault>();

  actor({ id, salt, name }: StoredActor): void {
    if (salt === undefined || name === undefined) this.#actors.set(id, "erased");
    else this.#actors.set(id, hashOf(salt, name) === id ? "known" : "edited");
  }

  /** A row that its chain has nothing against, and what stands beside it. */
  row(chain: string, seq: number, members: Members, beside: readonly StoredWords[]): void {
    if (members["event"] === "Erased" && chain === "install") this.#learn(members["erased"]);
    const left = new Map(beside.map((words) => [words.field, words]));
    for (const [field, value] of Object.entries(members)) {
      const pointer = pointerOf(value);
      if (pointer === undefined) continue;
      const place = { chain, seq, field };
      if (pointer.kind === "actor") this.#checkActor(place, pointer.hash);
      else this.#checkWords(place, pointer.hash, left.get(field));
      if (pointer.kind === "words") left.delete(field);
    }
    for (const field of left.keys()) this.inserted({ chain, seq, field });
  }

  /** A text that belongs to no row, or to a member that its row has not. */
  inserted(place: Place): void {
    this.#blame(place, "WordsInserted", `row ${place.seq} does not know the text beside it, ${place.field}`);
  }

  /** The first fault of each chain. `whole`: every row of the install's chain was seen, so that what none of them says was not said. */
  end(whole = true): WordsFault[] {
    for (const [key, place] of this.#erased) {
      if (whole && !this.#said.has(key))
        this.#blame(place, "ErasedUnsaid", `${place.field} of row ${place.seq} was erased, and no audit row says so`);
    }
    return [...this.#faults.values()];
  }

  #checkActor(place: Place, id: string): void {
    const state = this.#actors.get(id);
    const what = `who ${place.field} of row ${place.seq} is`;
    if (state === undefined) this.#blame(place, "WordsMissing", `${what} is gone`);
    if (state === "edited")
      this.#blame(place, "WordsEdited", `${what} was changed: the name is not the one that was hashed`);
    const key = `actor ${id}`;
    if (state === "erased" && !this.#erased.has(key)) this.#erased.set(key, place);
  }

  #checkWords(place: Place, hash: string, words: StoredWords | undefined): void {
    const what = `${place.field} of row ${place.seq}`;
    if (words === undefined) return this.#blame(place, "WordsMissing", `the text of ${what} is gone`);
    const { salt, text } = words;
    if (typeof salt !== "string" || typeof text !== "string") this.#erased.set(wordsPlace(place), place);
    else if (hashOf(salt, text) !== hash)
      this.#blame(place, "WordsEdited", `the text of ${what} is not the one that was hashed`);
  }

  #learn(erased: unknown): void {
    const { actors = [], words = [] } = (erased ?? {}) as { actors?: readonly string[]; words?: readonly Place[] };
    for (const id of actors) this.#said.add(`actor ${id}`);
    for (const place of words) this.#said.add(wordsPlace(place));
  }

  #blame({ chain, seq }: Place, kind: WordsFaultKind, message: string): void {
    if (!this.#faults.has(chain)) this.#faults.set(chain, { chain, seq, kind, message });
  }
}

function hashOf(salt: string, text: string): string {
  return createHash("sha256").update(Buffer.from(salt, "hex")).update(text, "utf8").digest("hex");
}
