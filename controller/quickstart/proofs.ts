/** What the quickstart claims at its end, each proven by trying. */
import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { Client, DatabaseError } from "pg";
import type { Secret } from "../../adapters/secret.ts";

export interface Proof {
  readonly claim: string;
  readonly holds: boolean;
  /** What was seen. Never a value. */
  readonly seen: string;
}

/** The URL in the app's dotenv file. */
export async function loginOf(dotenv: string): Promise<string> {
  return parseEnv(await readFile(dotenv, "utf8")).DATABASE_URL ?? "";
}

/** A login as somebody would try it: connects, and reads the orders. */
export async function tryLogin(url: string): Promise<{ user: string; orders: number } | { refused: string }> {
  const client = new Client({
    connectionString: url,
    application_name: "velvet proof",
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => undefined); // the query rejects too
  try {
    await client.connect();
    const { rows } = await client.query<{ user: string; orders: number }>(
      'select session_user::text as "user", count(*)::integer as orders from orders',
    );
    return rows[0] ?? { refused: "no answer" };
  } catch (error) {
    return { refused: error instanceof DatabaseError && error.code !== undefined ? error.code : "no connection" };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** SQLSTATEs of a login that is refused: wrong or no password, not allowed to log in. A server that is away proves nothing. */
const REFUSED = new Set(["28P01", "28000"]);

export async function newLoginWorks(dotenv: string, oldUrl: Secret): Promise<Proof> {
  const url = await loginOf(dotenv);
  const outcome = await tryLogin(url);
  const worked = "user" in outcome;
  return {
    claim: "The login in the app's dotenv file is a new one, and works",
    holds:
      worked && url !== oldUrl.reveal() && outcome.user !== new URL(oldUrl.reveal()).username && outcome.orders > 0,
    seen: worked ? `${outcome.user} read ${outcome.orders} orders` : `refused with ${outcome.refused}`,
  };
}

export async function oldLoginIsRefused(oldUrl: Secret): Promise<Proof> {
  const outcome = await tryLogin(oldUrl.reveal());
  const refused = "refused" in outcome;
  return {
    claim: "The old login is refused",
    holds: refused && REFUSED.has(outcome.refused),
    seen: refused ? `SQLSTATE ${outcome.refused}` : `${outcome.user} can still log in`,
  };
}

/** Asked as superuser, so that nobody's sessions are hidden. */
export async function oldSessionsAreGone(superuserUrl: string, oldUrl: Secret): Promise<Proof> {
  const user = decodeURIComponent(new URL(oldUrl.reveal()).username);
  const rows = await ask<{ count: number }>(
    superuserUrl,
    "select count(*)::integer as count from pg_stat_activity where usename = $1",
    [user],
  );
  const count = rows[0]?.count ?? -1;
  return { claim: "No session of the old login is left", holds: count === 0, seen: `${count} sessions of ${user}` };
}

/** Every row of every table of the ledger as text, where bytes are shown as hexadecimal: so both forms are looked for. */
export async function ledgerHoldsNone(ledgerUrl: string, values: readonly string[]): Promise<Proof> {
  const forms = values.flatMap((value) => [value, Buffer.from(value).toString("hex")]);
  const tables = await ask<{ name: string }>(
    ledgerUrl,
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'velvet' order by tablename",
    [],
  );
  const leaks: string[] = [];
  for (const { name } of tables) {
    const found = `select 1 from velvet.${name} t where exists (select from unnest($1::text[]) v where strpos(t::text, v) > 0)`;
    if ((await ask(ledgerUrl, `${found} limit 1`, [forms])).length > 0) leaks.push(name);
  }
  return {
    claim: "No password stands in the ledger, but sealed",
    holds: tables.length > 0 && leaks.length === 0,
    seen: leaks.length === 0 ? `${tables.length} tables searched` : `found in ${leaks.join(", ")}`,
  };
}

async function ask<Row extends object>(url: string, text: string, values: readonly unknown[]): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** All that Velvet does not own in the dotenv file is as it was, byte for byte. */
export async function restOfFileIsKept(dotenv: string, before: string): Promise<Proof> {
  const rest = (text: string): string =>
    text
      .split("\n")
      .filter((line) => !line.startsWith("DATABASE_URL="))
      .join("\n");
  const now = await readFile(dotenv, "utf8");
  const holds = rest(now) === rest(before) && now.split("\n").length === before.split("\n").length;
  return {
    claim: "The rest of the dotenv file is untouched",
    holds,
    seen: `${rest(now).split("\n").length} other lines`,
  };
}

/** Custody holds what the app holds. */
export async function custodyAgrees(custody: string, dotenv: string): Promise<Proof> {
  const held: unknown = JSON.parse(await readFile(custody, "utf8"));
  const url = typeof held === "object" && held !== null && "url" in held ? held.url : undefined;
  const holds = url === (await loginOf(dotenv));
  return { claim: "Custody holds the same login as the app", holds, seen: holds ? "equal" : "different" };
}

/** None of the values stands in any of the files. */
export async function nothingLeaked(files: readonly string[], values: readonly string[]): Promise<Proof> {
  const texts = await Promise.all(files.map(async (file) => readFile(file, "utf8")));
  const leaks = files.filter((_, index) => values.some((value) => texts[index]?.includes(value) === true));
  return {
    claim: "No password stands in a log",
    holds: leaks.length === 0,
    seen: leaks.length === 0 ? `${files.length} logs searched for ${values.length} passwords` : leaks.join(", "),
  };
}
