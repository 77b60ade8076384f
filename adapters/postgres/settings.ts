/** Keeps the settings and limits of both login roles equal: `ALTER ROLE … SET` binds to the role that logs in, not to the one it acts as. */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Session } from "./admin.ts";

interface Setting {
  /** Empty: in every database. */
  readonly database: string;
  readonly name: string;
  readonly value: string;
}

const SETTINGS = `select coalesce(d.datname::text, '') as database, split_part(entry, '=', 1) as name,
  substr(entry, strpos(entry, '=') + 1) as value
  from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
  left join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) entry
  where r.rolname = $1 order by 1, 2`;

export interface Equalisation {
  /** The setting's name; its value may be a secret. */
  readonly name: string;
  readonly sql: string;
}

/** The statements that give `to` the settings of `from`. `role` is left out: it says whom a login role acts as. */
export async function equalise(session: Session, from: string, to: string): Promise<readonly Equalisation[]> {
  const wanted = await readSettings(session, from);
  const present = await readSettings(session, to);
  const set = wanted.filter((each) => present.find((other) => sameName(each, other))?.value !== each.value);
  const reset = present.filter((each) => !wanted.some((other) => sameName(each, other)));
  return [
    ...reset.map((each) => ({ name: each.name, sql: `${alter(to, each)} reset ${settingName(each.name)}` })),
    ...set.map((each) => ({
      name: each.name,
      sql: `${alter(to, each)} set ${settingName(each.name)} to ${settingValue(each)}`,
    })),
  ];
}

async function readSettings(session: Session, role: string): Promise<Setting[]> {
  const settings = await session.query<Setting>(SETTINGS, [role]);
  return settings.filter(({ name }) => name !== "role");
}

function sameName(a: Setting, b: Setting): boolean {
  return a.database === b.database && a.name === b.name;
}

function alter(role: string, { database }: Setting): string {
  const where = database === "" ? "" : ` in database ${escapeIdentifier(database)}`;
  return `alter role ${escapeIdentifier(role)}${where}`;
}

/** `app.tenant` is two names. */
function settingName(name: string): string {
  return name.split(".").map(escapeIdentifier).join(".");
}

/** GUC_LIST_QUOTE: their value is stored as a list of identifiers, and must be set as one (pg_dump has the same list). */
const LISTS = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]);

function settingValue({ name, value }: Setting): string {
  const elements = LISTS.has(name.toLowerCase()) ? listElements(value) : [value];
  return elements.length === 0 ? "''" : elements.map(escapeLiteral).join(", ");
}

/** Splits `"$user", public` as the server wrote it: quoted where needed, quotes doubled. */
export function listElements(list: string): string[] {
  const elements = list.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)/g);
  return [...elements].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}
