/**
 * What people wrote and who they are. The chains hold salted hashes only; names and texts stand beside them, so that they can be erased
 * and the chain stays whole. Without the salt nobody can try out what the text may have been.
 */
import canonicalize from "canonicalize";
import { createHash } from "node:crypto";
import { type Db, statement } from "./db.ts";

const SALT_BYTES = 16;

/** A text of a person in an audit entry. In the chain it is `{"words": <hash>}`. */
export class Words {
  readonly text: string;
  readonly salt: Buffer;

  constructor(text: string, salt: Buffer) {
    this.text = text;
    this.salt = salt;
  }

  toJSON(): { readonly words: string } {
    return { words: saltedHash(this.salt, this.text).toString("hex") };
  }
}

/** A person in an audit entry: who `name` is stands in `velvet.actor`, until it is erased there. */
export interface ActorReference {
  readonly actor: string;
}

/** Uniformly random bytes. */
export type Random = (bytes: number) => Buffer;

export function wordsOf(text: string, random: Random): Words {
  return new Words(text, random(SALT_BYTES));
}

const KNOW_ACTOR = statement("know_actor");
/** Somebody else may be making the same person known. */
const TRIES = 3;

/** The one id of this person, made where there is none yet. Writes only then. */
export async function actorOf(db: Pick<Db, "query">, name: string, random: Random): Promise<ActorReference> {
  const salt = random(SALT_BYTES);
  for (let tries = 0; tries < TRIES; tries++) {
    const [known] = await db.query<ActorReference>(KNOW_ACTOR, [name, saltedHash(salt, name), salt]);
    if (known !== undefined) return { actor: known.actor };
  }
  throw new Error("a person could not be made known to the ledger");
}

/** SHA-256 over the canonical JSON of what was asked for or decided, hex, without who it was and what they wrote: those could be guessed. */
export function askedHash(spec: unknown): string {
  const asked = Object.fromEntries(Object.entries(spec ?? {}).filter(([name]) => !OF_PEOPLE.has(name)));
  return createHash("sha256")
    .update(canonicalize(asked) ?? "")
    .digest("hex");
}

const OF_PEOPLE: ReadonlySet<string> = new Set(["requestedBy", "decidedBy", "reason", "ticket", "suspend"]);

function saltedHash(salt: Buffer, text: string): Buffer {
  return createHash("sha256").update(salt).update(text, "utf8").digest();
}

/** A row of `velvet.audit_words`, for the statement that writes it beside its audit row. */
export interface StoredWords {
  readonly seq: number;
  readonly field: string;
  /** Base64. */
  readonly salt: string;
  readonly text: string;
}

/** The words of one entry; only its own members are looked at, never what is within them. */
export function wordsIn(entry: object, seq: number): StoredWords[] {
  return Object.entries(entry).flatMap(([field, value]) =>
    value instanceof Words ? [{ seq, field, salt: value.salt.toString("base64"), text: value.text }] : [],
  );
}
