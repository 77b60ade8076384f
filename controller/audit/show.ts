/** What the chains tell of some rotations, in order, with the names that are still known. Verifies what it reads; independent like `verify.ts`. */
import { createHash } from "node:crypto";
import type { TransactionSql } from "postgres";
import { ChainWalk, type Members } from "./chain.ts";
import { readOnly } from "./connection.ts";
import { pointerOf, type StoredWords } from "./words.ts";

/** A text or a name as far as it is known. */
export type Said =
  | { readonly text: string }
  /** Erased, as a row of the install's chain says. */
  | { readonly erased: true }
  /** What stands beside the chain is gone, or something else. */
  | { readonly tampered: true };

export interface TimelineEntry {
  readonly at: string;
  readonly event: string;
  readonly chain: string;
  readonly seq: number;
  /** Of the row: hexadecimal. */
  readonly hash: string;
  /** By member: `requestedBy`, `decidedBy`. */
  readonly who: Readonly<Record<string, Said>>;
  /** What people wrote, by member: `ticket`, `reason`, `because`, `message`. */
  readonly said: Readonly<Record<string, Said>>;
  /** Everything else. */
  readonly facts: Members;
}

export interface Timeline {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly state: string;
  readonly createdAt: string;
  readonly endedAt?: string;
  readonly rows: number;
  /** The first thing that is wrong with its chain. */
  readonly fault?: string;
  /** The last checkpoint that saw it, and how far. */
  readonly sealed?: { readonly at: string; readonly size: number; readonly seq: number };
  readonly entries: readonly TimelineEntry[];
}

export interface ShowQuestion {
  readonly namespace?: string;
  /** A request's name, a Credential's, or a rotation's id. */
  readonly name: string;
  /** The last so many. */
  readonly limit: number;
}

const FIND = `
  select id::text as id, namespace, name, credential_name as credential, state, created_at as "createdAt", ended_at as "endedAt",
         chain_seq::text as seq, encode(chain_hash, 'hex') as hash
    from velvet.rotation
   where ($1::text is null or namespace = $1) and (name = $2 or credential_name = $2 or id::text = $2)
   order by created_at desc limit $3`;
/** No rotation has more rows than that, or it is not shown whole. */
const MOST_ROWS = 20_000;
const WORDS = `
  (select json_agg(json_build_object('field', w.field, 'salt', encode(w.salt, 'hex'), 'text', w.text))
     from velvet.audit_words w where w.chain = a.chain and w.seq = a.seq) as words`;
const CHAIN = `select seq::text as seq, canonical, hash, ${WORDS} from velvet.audit a where chain = $1 order by a.seq limit ${MOST_ROWS}`;
/** Bytes that are no text are looked through as well. */
const AROUND = `
  select seq::text as seq, canonical, hash, ${WORDS} from velvet.audit a
   where chain = 'install' and exists (select from unnest($1::text[]) n where position(n in encode(canonical, 'escape')) > 0)
   order by a.seq limit ${MOST_ROWS}`;
const ACTORS = `select encode(id, 'hex') as id, encode(salt, 'hex') as salt, name from velvet.actor where encode(id, 'hex') = any ($1::text[])`;
const SEALED = `
  select c.size::text as size, h.seq::text as seq, c.canonical from velvet.checkpoint_head h join velvet.checkpoint c using (size)
   where h.chain = $1 order by h.seq desc limit 1`;

interface Found {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly state: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly seq: string;
  readonly hash: string;
}

interface Row {
  readonly seq: string;
  readonly canonical: Buffer;
  readonly hash: Buffer;
  readonly words: readonly StoredWords[] | null;
}

/** The last one first. Empty: nothing of that name ever began. */
export async function showAudit(url: string, { namespace, name, limit }: ShowQuestion): Promise<Timeline[]> {
  return readOnly(url, async (tx) => {
    const timelines: Timeline[] = [];
    for (const found of await tx.unsafe<Found[]>(FIND, [namespace ?? null, name, limit]))
      timelines.push(await timelineOf(tx, found));
    return timelines;
  });
}

async function timelineOf(tx: TransactionSql, found: Found): Promise<Timeline> {
  const { id, namespace, name, credential, state, createdAt, endedAt } = found;
  const walk = new ChainWalk(id, { seq: Number(found.seq), hash: Buffer.from(found.hash, "hex") });
  const rows = await tx.unsafe<Row[]>(CHAIN, [id]);
  for (const { seq, canonical, hash } of rows) walk.next({ seq: Number(seq), canonical, hash });
  const fault = walk.end()?.message;
  const own = rows.map((row) => ({ chain: id, row, members: membersOf(row) }));
  const around = await aroundOf(tx, found, own);
  const all = [...around, ...own].toSorted((a, b) => compare(timeOf(a.members), timeOf(b.members)));
  const actors = await actorsOf(tx, all);
  const sealed = await sealOf(tx, id);
  return {
    id,
    namespace,
    name,
    credential,
    state,
    createdAt: createdAt.toISOString(),
    rows: rows.length,
    ...(endedAt === null ? {} : { endedAt: endedAt.toISOString() }),
    ...(fault === undefined ? {} : { fault }),
    ...(sealed === undefined ? {} : { sealed }),
    entries: all.map((read) => entryOf(read, actors)),
  };
}

interface Read {
  readonly chain: string;
  readonly row: Row;
  readonly members: Members;
}

/** Rows of the install's chain that are about this rotation, its request or its decisions. */
async function aroundOf(tx: TransactionSql, { id, namespace, name }: Found, own: readonly Read[]): Promise<Read[]> {
  const decisions = own.flatMap(({ members }) =>
    typeof members["decision"] === "string" ? [members["decision"]] : [],
  );
  const names = [name, ...decisions];
  const needles = [id, ...names.map((each) => JSON.stringify(each))];
  const rows = await tx.unsafe<Row[]>(AROUND, [needles]);
  return rows
    .map((row) => ({ chain: "install", row, members: membersOf(row) }))
    .filter(({ members }) => {
      if (members["rotation"] === id) return true;
      if (members["namespace"] !== namespace) return false;
      if (members["kind"] === "RotationDecision") return decisions.includes(String(members["name"]));
      return members["requestName"] === name || (members["kind"] === "RotationRequest" && members["name"] === name);
    });
}

interface ActorRow {
  readonly id: string;
  readonly salt: string | null;
  readonly name: string | null;
}

async function actorsOf(tx: TransactionSql, read: readonly Read[]): Promise<ReadonlyMap<string, Said>> {
  const pointers = read.flatMap(({ members }) => Object.values(members).flatMap((value) => pointerOf(value) ?? []));
  const ids = pointers.filter(({ kind }) => kind === "actor").map(({ hash }) => hash);
  const rows = await tx.unsafe<ActorRow[]>(ACTORS, [[...new Set(ids)]]);
  return new Map(rows.map(({ id, salt, name }) => [id, saidBy(id, salt, name)]));
}

function saidBy(hash: string, salt: string | null | undefined, text: string | null | undefined): Said {
  if (typeof salt !== "string" || typeof text !== "string") return { erased: true };
  const own = createHash("sha256").update(Buffer.from(salt, "hex")).update(text, "utf8").digest("hex");
  return own === hash ? { text } : { tampered: true };
}

function entryOf({ chain, row, members }: Read, actors: ReadonlyMap<string, Said>): TimelineEntry {
  const who: Record<string, Said> = {};
  const said: Record<string, Said> = {};
  const facts: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(members)) {
    const pointer = pointerOf(value);
    if (pointer?.kind === "actor") who[field] = actors.get(pointer.hash) ?? { tampered: true };
    else if (pointer?.kind === "words") said[field] = wordsOf(pointer.hash, row, field);
    else if (!OWN.has(field)) facts[field] = value;
  }
  const { at, event } = members;
  const hash = row.hash.toString("hex");
  return { at: String(at), event: String(event), chain, seq: Number(row.seq), hash, who, said, facts };
}

const OWN: ReadonlySet<string> = new Set(["at", "event", "chain", "seq"]);

function wordsOf(hash: string, { words }: Row, field: string): Said {
  const found = words?.find((each) => each.field === field);
  return found === undefined ? { tampered: true } : saidBy(hash, found.salt, found.text);
}

async function sealOf(tx: TransactionSql, chain: string): Promise<Timeline["sealed"]> {
  const [seal] = await tx.unsafe<{ size: string; seq: string; canonical: Buffer }[]>(SEALED, [chain]);
  if (seal === undefined) return undefined;
  return { at: timeOf(membersOf(seal)), size: Number(seal.size), seq: Number(seal.seq) };
}

function membersOf({ canonical }: { readonly canonical: Buffer }): Members {
  try {
    const found: unknown = JSON.parse(canonical.toString("utf8"));
    return typeof found === "object" && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}

function timeOf({ at }: Members): string {
  return typeof at === "string" ? at : "";
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
