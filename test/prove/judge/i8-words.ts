/** The part of I8 that is about people: no name and no text of theirs in a chain, and what stands beside it is what was hashed. */
import { createHash } from "node:crypto";
import type { Evidence } from "./evidence.ts";
import type { LedgerRows } from "./ledger.ts";
import { parsed } from "./told.ts";

/** What a member of an audit row points to. */
interface Pointed {
  readonly place: string;
  readonly kind: "words" | "actor";
  readonly hash: string;
}

/** What must never stand in clear. */
const OF_PEOPLE: ReadonlySet<string> = new Set([
  "requestedBy",
  "decidedBy",
  "ticket",
  "because",
  "author",
  "committer",
]);

export function wordsBroken({ ledger }: Evidence): string[] {
  const pointed = ledger.audit.flatMap(({ chain, seq, canonical }) =>
    Object.entries(parsed(canonical) ?? {}).flatMap(([field, value]) =>
      pointedBy(`${chain} row ${seq} ${field}`, value),
    ),
  );
  return [...inClear(ledger), ...inSentences(ledger), ...missing(ledger, pointed), ...unknown(ledger, pointed)];
}

function pointedBy(place: string, value: unknown): Pointed[] {
  if (typeof value !== "object" || value === null) return [];
  const [[kind, hash] = [], ...others] = Object.entries(value);
  if (others.length > 0 || typeof hash !== "string" || (kind !== "words" && kind !== "actor")) return [];
  return [{ place, kind, hash }];
}

function inClear(ledger: LedgerRows): string[] {
  return ledger.audit.flatMap(({ chain, seq, canonical }) => {
    const found: string[] = [];
    // At any depth: a request or an origin that was taken over whole is found too.
    JSON.parse(Buffer.from(canonical, "hex").toString("utf8"), (name, value: unknown) => {
      if (OF_PEOPLE.has(name) && typeof value === "string") found.push(name);
      return value;
    });
    return found.map((name) => `chain ${chain}: row ${seq} has ${name} in clear`);
  });
}

/** A person's name, or a ticket, within what the controller itself wrote: told with what is left, or with why something was stopped. */
function inSentences({ audit, actors, words }: LedgerRows): string[] {
  const names = actors.flatMap(({ name }) => name ?? []);
  const tickets = words.flatMap(({ field, text }) => (field === "ticket" && text !== null ? [text] : []));
  const said = [...new Set([...names, ...tickets])].map((word) => [word, asWord(word)] as const);
  return audit.flatMap(({ chain, seq, canonical }) => {
    const text = Buffer.from(canonical, "hex").toString("utf8");
    const found = said.filter(([word]) => text.includes(word));
    if (found.length === 0) return [];
    const sentences = sentencesIn(text);
    return found
      .filter(([, pattern]) => sentences.some((sentence) => pattern.test(sentence)))
      .map(([word]) => `chain ${chain}: row ${seq} speaks of ${word} in clear`);
  });
}

function asWord(word: string): RegExp {
  const literal = word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
  return new RegExp(String.raw`(^|[^\p{L}\p{N}_])${literal}($|[^\p{L}\p{N}_])`, "u");
}

/** Names of objects, ids and reasons are single words; only sentences speak of people. */
function sentencesIn(canonical: string): string[] {
  const found: string[] = [];
  JSON.parse(canonical, (_, value: unknown) => {
    if (typeof value === "string" && value.includes(" ")) found.push(value);
    return value;
  });
  return found;
}

function missing({ words, actors }: LedgerRows, pointed: readonly Pointed[]): string[] {
  const beside = new Map<string, { readonly salt: string | null; readonly text: string | null }>([
    ...words.map((row) => [`${row.chain} row ${row.seq} ${row.field}`, row] as const),
    ...actors.map(({ id, salt, name }) => [id, { salt, text: name }] as const),
  ]);
  return pointed.flatMap(({ place, kind, hash }) => {
    const row = beside.get(kind === "words" ? place : hash);
    if (!row) return [`${place}: nothing stands beside it`];
    const { salt, text } = row;
    const erased = salt === null || text === null;
    return erased || hashOf(salt, text) === hash ? [] : [`${place}: what stands beside it is something else`];
  });
}

function hashOf(salt: string, text: string): string {
  return createHash("sha256").update(Buffer.from(salt, "hex")).update(text, "utf8").digest("hex");
}

function unknown({ words }: LedgerRows, pointed: readonly Pointed[]): string[] {
  const places = new Set(pointed.filter(({ kind }) => kind === "words").map(({ place }) => place));
  const all = words.map((row) => `${row.chain} row ${row.seq} ${row.field}`);
  return all.filter((place) => !places.has(place)).map((place) => `${place}: no audit row speaks of it`);
}
