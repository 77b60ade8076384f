/** Erases a person's name, or a ticket, from everything that has ended. The chains stay whole: they hold salted hashes alone. */
import { appendInstallAudit, type InstallEntry } from "./audit.ts";
import { type Db, statement } from "./db.ts";
import { actorOf, type Random, wordsOf } from "./words.ts";

const BLOCKERS = statement("erase_blockers");
const ROWS = statement("erase_rows");
const WORDS = statement("erase_words");
const ACTOR = statement("erase_actor");
const LEFT = statement("erase_left");
/** In one audit row. */
const MOST_PLACES = 500;

export interface Erasure {
  readonly kind: "actor" | "ticket";
  /** The name, or the ticket, exactly. */
  readonly word: string;
  readonly decidedBy: string;
  readonly reason: string;
}

/** What still needs it. */
export interface Blocker {
  readonly kind: "request" | "decision" | "rotation";
  readonly namespace: string;
  readonly name: string;
}

export interface Erased {
  /** Persons of that name: one or none. */
  readonly actors: number;
  /** Texts beside audit rows. */
  readonly words: number;
  readonly rows: Readonly<Record<"requests" | "decisions" | "rotations" | "consumers" | "objects" | "drift", number>>;
  /** Audit rows from before such texts stood beside them, which keep it for ever. */
  readonly inClear: number;
  /** Manifests that sources still show with it, the first twenty. */
  readonly shown: readonly string[];
}

interface Place {
  readonly chain: string;
  readonly seq: number;
  readonly field: string;
}

/** All or nothing, with its audit rows; blockers where something under way still needs it, and then nothing was changed. */
export async function erase(
  db: Db,
  erasure: Erasure,
  random: Random,
): Promise<Erased | { readonly blockers: readonly Blocker[] }> {
  return db.transaction(async (tx) => {
    const { kind, word } = erasure;
    const blockers = await tx.query<Blocker>(BLOCKERS, [word]);
    if (blockers.length > 0) return { blockers };
    const actors = kind === "actor" ? await tx.query<{ id: string }>(ACTOR, [word]) : [];
    const words = await tx.query<Place>(WORDS, [word]);
    const [rows] = await tx.query<Erased["rows"]>(ROWS, [word]);
    const [left] = await tx.query<Pick<Erased, "inClear" | "shown">>(LEFT, [word, JSON.stringify(word).slice(1, -1)]);
    if (rows === undefined || left === undefined) throw new Error("the ledger does not count what was erased");
    const said = { decidedBy: await actorOf(tx, erasure.decidedBy, random), because: wordsOf(erasure.reason, random) };
    const ids = actors.map(({ id }) => id);
    await appendInstallAudit(tx, erasedEntries(kind, ids, words, said));
    return { actors: ids.length, words: words.length, rows, ...left };
  });
}

/** What was erased is named by its place: a text that is gone without that was tampered with. */
function erasedEntries(
  kind: Erasure["kind"],
  actors: readonly string[],
  words: readonly Place[],
  said: object,
): InstallEntry[] {
  const entries: InstallEntry[] = [];
  for (let at = 0; at === 0 || at < words.length; at += MOST_PLACES) {
    const places = words.slice(at, at + MOST_PLACES).map(({ chain, seq, field }) => ({ chain, seq, field }));
    const erased = { actors: at === 0 ? actors : [], words: places };
    // Each has words of its own, or one place would have two.
    entries.push({ event: "Erased", kind, erased, ...(at === 0 ? said : {}) });
  }
  return entries;
}
